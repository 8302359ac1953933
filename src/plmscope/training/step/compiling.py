"""torch.compile for the parts of a step that are many small operations on large matrices."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import torch

from plmscope.training.step.settings import StepSettings

P = ParamSpec("P")
R = TypeVar("R")


def fused(function: Callable[P, R], settings: StepSettings) -> Callable[P, R]:
    """A function whose elementwise operations share a pass over memory, if that is wanted.

    Args:
        function: Of tensors whose shapes hardly change from call to call.
        settings: `compile` says whether it is wanted.
    """
    return torch.compile(function) if settings.compile else function
