"""Counting where features and concepts overlap."""
