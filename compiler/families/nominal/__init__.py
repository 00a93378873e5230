"""Families of categories without an order."""
