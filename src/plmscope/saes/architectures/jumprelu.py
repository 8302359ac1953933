"""The JumpReLU SAE."""

from __future__ import annotations

from typing import ClassVar, Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from plmscope.saes.config import SAEConfig
from plmscope.saes.linear import ThresholdSAE


class JumpReLUConfig(SAEConfig):
    """Settings of a JumpReLU SAE; its sparsity is set in training."""

    architecture: Literal["jumprelu"] = "jumprelu"
    """Names these settings among those of other architectures."""


class JumpReLUSAE(ThresholdSAE):
    """Keep the pre-activations above a learned threshold, one for each feature.

    `p = W_enc z + b_enc`, `f = p * 1[p > threshold]`, `z_hat = f W_dec + b_dec`
    (Rajamanoharan et al. 2024, arXiv:2407.14435).

    Attributes:
        threshold: `[d_sae]`, learned, 0.001 at the start.
    """

    Config: ClassVar[type[SAEConfig]] = JumpReLUConfig
    subtracts_b_dec: ClassVar[bool] = False

    def _initialise(self, generator: torch.Generator | None) -> None:
        super()._initialise(generator)
        self.threshold = nn.Parameter(torch.full((self.d_sae,), 1e-3))

    def activation_threshold(self) -> Float[Tensor, " d_sae"]:
        """The learned thresholds."""
        return self.threshold
