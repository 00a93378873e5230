"""Families of counts without an upper end."""
