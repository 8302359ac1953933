"""PLMscope: see what a protein language model has learned."""

__version__ = "0.1.0"
