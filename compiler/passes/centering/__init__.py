"""What is known of group effects before sampling, for ``center_effects``."""
