"""From the tree and data to a program, and from it to PyMC."""
