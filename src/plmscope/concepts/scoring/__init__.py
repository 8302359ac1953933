"""From counts to scores, best pairs, and what they add up to."""
