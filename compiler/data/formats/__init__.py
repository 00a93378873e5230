"""Data files other than plain text: one module for each kind of reader."""
