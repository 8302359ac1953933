"""Drawings of features along proteins, and of all features together."""
