"""Which features belong together: by their decoder directions, and by where they fire."""
