"""The ReLU SAE, InterPLM's own."""

from __future__ import annotations

from typing import ClassVar, Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from plmscope.saes.config import SAEConfig
from plmscope.saes.linear import ThresholdSAE, unit_rows


class ReLUConfig(SAEConfig):
    """Settings of a ReLU SAE; its sparsity is set in training."""

    architecture: Literal["relu"] = "relu"
    """Names these settings among those of other architectures."""


class ReLUSAE(ThresholdSAE):
    """Keep the positive pre-activations; an L1 penalty makes them few.

    `f = ReLU(W_enc (z - b_dec) + b_enc)`, `z_hat = f W_dec + b_dec`
    (Bricken et al. 2023; Simon & Zou 2025).
    """

    Config: ClassVar[type[SAEConfig]] = ReLUConfig

    def _initialise(self, generator: torch.Generator | None) -> None:
        """InterPLM's: uniform encoder as `nn.Linear` has it, untied Gaussian unit decoder rows."""
        super()._initialise(generator)
        bound = self.d_model**-0.5
        nn.init.uniform_(self.W_enc, -bound, bound, generator=generator)
        gaussian = torch.randn(self.d_sae, self.d_model, generator=generator)
        self.W_dec.data.copy_(unit_rows(gaussian))

    def activation_threshold(self) -> Float[Tensor, ""]:
        """Zero."""
        return self.input_scale.new_zeros(())
