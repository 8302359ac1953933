"""Sparse autoencoders: architectures, registry, checkpoints.

Torch is imported when an SAE is first made or loaded, not with this package.
"""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
