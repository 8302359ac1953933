"""Which objective trains which architecture."""

from __future__ import annotations

from plmscope.training.objectives.base import Objective
from plmscope.training.objectives.batch_topk import BatchTopKObjective
from plmscope.training.objectives.jumprelu import JumpReLUObjective
from plmscope.training.objectives.matryoshka import MatryoshkaObjective
from plmscope.training.objectives.relu import ReLUObjective
from plmscope.training.objectives.topk import TopKObjective

OBJECTIVES: dict[str, type[Objective]] = {
    "relu": ReLUObjective,
    "topk": TopKObjective,
    "batch_topk": BatchTopKObjective,
    "jumprelu": JumpReLUObjective,
    "matryoshka": MatryoshkaObjective,
}
"""By architecture; one that is not here cannot be trained."""
