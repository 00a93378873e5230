"""Binding: names to meaning, defaults chosen."""
