"""Codings of factors: contrasts, and calls that make factors."""
