"""Whether draws can be used."""
