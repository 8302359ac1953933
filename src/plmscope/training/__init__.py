"""Losses, schedules, dead-feature care, the trainer, evaluation, search."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)
