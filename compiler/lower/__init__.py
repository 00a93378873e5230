"""From the bound model to a program, with default priors."""
