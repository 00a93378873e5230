"""The table of a fit."""
