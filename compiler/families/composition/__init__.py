"""Families of what several categories have of a whole: counts, or shares."""
