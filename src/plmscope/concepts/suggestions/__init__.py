"""Annotations that may be missing, and how often such calls are right."""
