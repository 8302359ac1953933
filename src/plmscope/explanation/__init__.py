"""What a protein language model sees in somebody's proteins: calls, unusual features, families."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
