"""Draws of quantities, and their figures."""
