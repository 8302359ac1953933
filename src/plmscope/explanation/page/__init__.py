"""The page that shows an explanation."""
