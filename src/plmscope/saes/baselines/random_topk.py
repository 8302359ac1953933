"""A frozen random SAE: what an SAE finds without learning anything."""

from __future__ import annotations

from typing import ClassVar, Literal

import torch

from plmscope.saes.architectures.topk import KConfig, TopKSAE
from plmscope.saes.config import SAEConfig


class RandomConfig(KConfig):
    """Settings of the random baseline."""

    architecture: Literal["random"] = "random"


class RandomSAE(TopKSAE):
    """A TopK SAE with random unit directions that cannot be trained."""

    Config: ClassVar[type[SAEConfig]] = RandomConfig

    def _initialise(self, generator: torch.Generator | None) -> None:
        super()._initialise(generator)
        self.requires_grad_(False)
