"""The page that shows what steering does."""
