"""Formulas: terms, their coding, the columns of designs."""
