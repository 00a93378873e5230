"""Tapes: a program as a list of operations on places."""
