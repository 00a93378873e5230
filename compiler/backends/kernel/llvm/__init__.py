"""From plain Python functions of numbers to LLVM."""
