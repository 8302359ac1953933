"""What was learned about one SAE, in one portable folder: the atlas and its feature table."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
