"""Machines: compiled operations, kept on disk."""
