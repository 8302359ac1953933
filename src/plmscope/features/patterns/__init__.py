"""How each feature fires along proteins: stretches, periods, ends, amino acids."""
