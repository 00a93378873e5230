"""How well fits predict: left-out rows and groups, models beside each other, priors."""
