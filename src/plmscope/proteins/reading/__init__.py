"""Proteins from files as people have them."""
