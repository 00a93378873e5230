"""Fits: made, stored, loaded, compared."""
