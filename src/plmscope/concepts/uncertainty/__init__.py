"""How sure the scores are: intervals, p-values, and whether these hold."""
