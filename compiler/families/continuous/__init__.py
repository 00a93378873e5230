"""Families of responses that are any number, or any positive one."""
