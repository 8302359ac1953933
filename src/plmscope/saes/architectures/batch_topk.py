"""The BatchTopK SAE."""

from __future__ import annotations

from typing import ClassVar, Literal

import torch
from jaxtyping import Float
from torch import Tensor

from plmscope.saes.architectures.topk import KConfig
from plmscope.saes.config import SAEConfig
from plmscope.saes.linear import ThresholdSAE


class BatchTopKConfig(KConfig):
    """Settings of a BatchTopK SAE."""

    architecture: Literal["batch_topk"] = "batch_topk"
    """Names these settings among those of other architectures."""


class BatchTopKSAE(ThresholdSAE):
    """Keep the `k * batch` largest pre-activations of a batch while training.

    A residue's features must not depend on its neighbours in the batch, so encoding uses the
    threshold that training tracked: the running average of the smallest value kept
    (Bussmann et al. 2024, arXiv:2412.06410).

    Attributes:
        threshold: That average; -1 before training, which makes it a plain ReLU.
    """

    Config: ClassVar[type[SAEConfig]] = BatchTopKConfig
    config: KConfig
    threshold: Float[Tensor, ""]

    def _initialise(self, generator: torch.Generator | None) -> None:
        super()._initialise(generator)
        self.register_buffer("threshold", torch.tensor(-1.0))

    def activation_threshold(self) -> Float[Tensor, ""]:
        """The tracked threshold."""
        return self.threshold
