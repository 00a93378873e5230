"""Distributions, each once: for priors and for responses."""
