"""Data: what is read, whatever it is read from. Knows no formula."""
