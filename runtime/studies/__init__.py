"""Planned studies: data drawn from given parameters, and what they would show."""
