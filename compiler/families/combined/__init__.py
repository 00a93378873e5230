"""Families made of another family and of zeros that it has not."""
