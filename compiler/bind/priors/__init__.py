"""Priors that the user wrote."""
