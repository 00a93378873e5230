"""Which families can be right for a response, and a spec to start from."""
