"""Families of shares between two bounds."""
