"""What a fit says of rows."""
