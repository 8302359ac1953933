"""Which objective trains which architecture."""

from __future__ import annotations

from plmscope.training.step.objectives.base import Objective
from plmscope.training.step.objectives.batch_topk import BatchTopKObjective
from plmscope.training.step.objectives.jumprelu import JumpReLUObjective
from plmscope.training.step.objectives.matryoshka import MatryoshkaObjective
from plmscope.training.step.objectives.relu import ReLUObjective
from plmscope.training.step.objectives.topk import TopKObjective

OBJECTIVES: dict[str, type[Objective]] = {
    "relu": ReLUObjective,
    "topk": TopKObjective,
    "batch_topk": BatchTopKObjective,
    "jumprelu": JumpReLUObjective,
    "matryoshka": MatryoshkaObjective,
}
"""By architecture; one that is not here cannot be trained."""
