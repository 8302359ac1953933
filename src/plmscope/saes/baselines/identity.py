"""Raw neurons behind the interface of an SAE: the baseline that an SAE has to beat."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Literal, Self

import torch
from jaxtyping import Float, Int
from pydantic import model_validator
from torch import Tensor

from plmscope.saes.base import SAE, SparseFeatures
from plmscope.saes.config import SAEConfig


class IdentityConfig(SAEConfig):
    """Settings of the raw-neuron baseline: `d_sae` equals `d_model`."""

    architecture: Literal["identity"] = "identity"
    """Names these settings among those of other architectures."""

    @model_validator(mode="after")
    def _same_width(self) -> Self:
        if self.d_model is not None and self.d_model != self.d_sae:
            raise ValueError(f"d_sae = {self.d_sae} must equal d_model = {self.d_model}")
        return self


class IdentitySAE(SAE):
    """Each feature is one neuron, scaled from its smallest to its largest value over train.

    InterPLM's baseline of min-max scaled neurons (Simon & Zou 2025). Outside train a feature
    may leave [0, 1]; it is not cut, so that the reconstruction stays exact.

    Attributes:
        minimum: Smallest normalised value of each neuron over train, `[d_model]`.
    """

    Config: ClassVar[type[SAEConfig]] = IdentityConfig
    minimum: Float[Tensor, " d_model"]

    def _initialise(self, generator: torch.Generator | None) -> None:  # noqa: ARG002
        self.register_buffer("minimum", torch.zeros(self.d_model))

    def _encode(
        self, z: Float[Tensor, "n d_model"], features: Int[Tensor, " n_features"] | None
    ) -> Float[Tensor, "n n_features"]:
        raw = z - self.minimum
        return raw if features is None else raw[:, features]

    def _encode_sparse(self, z: Float[Tensor, "n d_model"]) -> SparseFeatures:
        raw = z - self.minimum
        numbers = torch.arange(self.d_sae, device=z.device).expand(raw.shape)
        return SparseFeatures(numbers.where(raw != 0, 0), raw)

    def _decode(self, raw: Float[Tensor, "... d_sae"]) -> Float[Tensor, "... d_model"]:
        return raw + self.minimum

    @torch.no_grad()
    def calibrate(self, batches: Iterable[Float[Tensor, "n d_model"]]) -> None:
        """Set each neuron's range over train. A constant neuron keeps the scale 1.

        Args:
            batches: Activations of the train split, in any batches.
        """
        low = torch.full_like(self.minimum, torch.inf)
        high = -low
        for x in batches:
            z = self.normalise(x)
            low = torch.minimum(low, z.amin(0))
            high = torch.maximum(high, z.amax(0))
        self.minimum.copy_(low)
        self.feature_scale.copy_(torch.where(high > low, high - low, 1.0))
