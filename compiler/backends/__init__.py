"""What a program can become: native code, a PyMC graph, a script."""
