"""Which objective trains which architecture; loads no torch before one is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import Any

OBJECTIVES: dict[str, str] = {
    "relu": "relu:ReLUObjective",
    "topk": "topk:TopKObjective",
    "batch_topk": "batch_topk:BatchTopKObjective",
    "jumprelu": "jumprelu:JumpReLUObjective",
    "matryoshka": "matryoshka:MatryoshkaObjective",
}
"""By architecture, a module of this folder and its class; what is not here cannot be trained."""


def objective_class(architecture: str) -> Any:
    """Import the objective of an architecture, a subclass of `Objective`.

    Raises:
        ValueError: There is none.
    """
    if architecture not in OBJECTIVES:
        raise ValueError(f"{architecture} cannot be trained, these can: {', '.join(OBJECTIVES)}")
    module, name = OBJECTIVES[architecture].split(":")
    return getattr(import_module(f"plmscope.training.step.objectives.{module}"), name)
