"""Using a compiled model: the Python interface, the samplers, the command."""
