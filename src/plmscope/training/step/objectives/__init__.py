"""The training objectives: one file for each family of architectures."""
