"""From a compiled model to draws."""
