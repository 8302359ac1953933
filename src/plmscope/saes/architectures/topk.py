"""The TopK SAE."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

import torch
from jaxtyping import Float, Int
from pydantic import PositiveInt, model_validator
from torch import Tensor

from plmscope.saes.base import SparseFeatures
from plmscope.saes.config import SAEConfig
from plmscope.saes.linear import LinearSAE
from plmscope.saes.topk_kernels import top_k


class KConfig(SAEConfig):
    """Settings of an SAE that keeps a given number of features."""

    k: PositiveInt
    """Features kept for each residue (for BatchTopK: on average)."""

    @model_validator(mode="after")
    def _k_fits(self) -> Self:
        if self.k > self.d_sae:
            raise ValueError(f"k = {self.k} is more than d_sae = {self.d_sae}")
        return self


class TopKConfig(KConfig):
    """Settings of a TopK SAE."""

    architecture: Literal["topk"] = "topk"
    """Names these settings among those of other architectures."""


class TopKSAE(LinearSAE):
    """Keep the k largest pre-activations of each residue, if positive.

    `f = ReLU(TopK(W_enc (z - b_dec) + b_enc, k))`, `z_hat = f W_dec + b_dec`
    (Gao et al. 2024, arXiv:2406.04093). Analysis uses the same rule as training.

    Attributes:
        threshold: Running average of the smallest value kept. Not used here: it is what InterPLM's
            class of this name goes by where it is told not to take the k largest.
    """

    Config: ClassVar[type[SAEConfig]] = TopKConfig
    config: KConfig
    threshold: Float[Tensor, ""]

    def _initialise(self, generator: torch.Generator | None) -> None:
        super()._initialise(generator)
        self.register_buffer("threshold", torch.tensor(-1.0))

    def _encode_sparse(self, z: Float[Tensor, "n d_model"]) -> SparseFeatures:
        kept = [top_k(p, self.config.k) for _, p in self._pre_activation_blocks(z)]
        values, indices = (torch.cat(parts) for parts in zip(*kept, strict=True))
        values = values.clamp_min(0)
        return SparseFeatures(indices.where(values > 0, 0), values)

    def _encode(
        self, z: Float[Tensor, "n d_model"], features: Int[Tensor, " n_features"] | None
    ) -> Float[Tensor, "n n_features"]:
        # All features compete for the k places, so a subset cannot be encoded alone.
        values, indices = top_k(self.pre_activations(z), self.config.k)
        dense = torch.zeros(z.shape[0], self.d_sae, dtype=z.dtype, device=z.device)
        dense = dense.scatter(1, indices, values.clamp_min(0))
        return dense if features is None else dense[:, features]
