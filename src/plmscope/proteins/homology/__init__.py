"""Which proteins are related, and what of it is left between splits."""
