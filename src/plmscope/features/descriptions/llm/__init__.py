"""Descriptions by a language model, and how well they predict where features fire."""
