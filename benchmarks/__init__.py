"""Measurements side by side with a reference: `python -m benchmarks [name ...]`."""
