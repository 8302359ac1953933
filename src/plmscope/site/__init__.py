"""The features of a run as a static site: plain files that open from disk and from any web host."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
