"""Quantities, tests and contrasts, from draws."""
