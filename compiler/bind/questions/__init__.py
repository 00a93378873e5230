"""What a spec asks of the posterior."""
