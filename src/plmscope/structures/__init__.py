"""Structures: where the residues of proteins are in space, and whether features follow that."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
