"""Families of two outcomes, and of counts of one of them."""
