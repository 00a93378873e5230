"""Programs: the intermediate representation, and what it means."""
