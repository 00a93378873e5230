"""What a program can become: a NumPy function, a PyMC graph, a script."""
