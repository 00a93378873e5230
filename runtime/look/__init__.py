"""Models to look at before they are fitted."""
