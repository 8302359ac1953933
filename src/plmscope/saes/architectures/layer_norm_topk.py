"""InterProt's TopK SAE, which scales each residue by that residue's own mean and deviation."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

import torch
from jaxtyping import Float, Int
from pydantic import model_validator
from torch import Tensor, nn
from torch.nn.functional import linear

from plmscope.saes.architectures.topk import KConfig
from plmscope.saes.base import SAE, SparseFeatures
from plmscope.saes.config import SAEConfig
from plmscope.saes.topk_kernels import top_k

N_STATISTICS = 3
EPSILON = 1e-5


class LayerNormTopKConfig(KConfig):
    """Settings of InterProt's TopK SAE: `d_sae` counts its three features for the statistics."""

    architecture: Literal["layer_norm_topk"] = "layer_norm_topk"
    """Names these settings among those of other architectures."""

    @property
    def n_latents(self) -> int:
        """Number of features that compete for the k places."""
        return self.d_sae - N_STATISTICS

    @model_validator(mode="after")
    def _latents_fit(self) -> Self:
        if self.k > self.n_latents:
            raise ValueError(
                f"k = {self.k} is more than d_sae - {N_STATISTICS} = {self.n_latents}:"
                f" {N_STATISTICS} of the features are a residue's statistics"
            )
        return self


class LayerNormTopKSAE(SAE):
    """Keep the k largest pre-activations of a residue that was scaled by itself.

    With `m` the mean and `s` the deviation over a residue's `d_model` values, and
    `u = (z - m) / (s + 1e-5)`: `f = ReLU(TopK(W_enc (u - b_dec) + b_enc, k))` and
    `z_hat = (f W_dec + b_dec) s + m` (Adams et al. 2025; github.com/etowahadams/interprot).
    Since `f` does not give `z_hat` back without `m` and `s`, they are features too, the last three:
    `s`, `ReLU(m)`, `ReLU(-m)`. The features before them are numbered as InterProt's.

    Attributes:
        W_enc: `[d_sae - 3, d_model]`.
        b_enc: `[d_sae - 3]`.
        W_dec: `[d_sae - 3, d_model]`.
        b_dec: `[d_model]`.
    """

    Config: ClassVar[type[SAEConfig]] = LayerNormTopKConfig
    config: LayerNormTopKConfig

    def _initialise(self, generator: torch.Generator | None) -> None:
        """Random directions, tied, not to be trained: it is here to read what is published."""
        directions = torch.randn(self.config.n_latents, self.d_model, generator=generator)
        directions /= torch.linalg.vector_norm(directions, dim=1, keepdim=True)
        self.W_enc = nn.Parameter(directions)
        self.W_dec = nn.Parameter(directions.clone())
        self.b_enc = nn.Parameter(torch.zeros(self.config.n_latents))
        self.b_dec = nn.Parameter(torch.zeros(self.d_model))
        self.requires_grad_(False)

    def _encode_sparse(self, z: Float[Tensor, "n d_model"]) -> SparseFeatures:
        mean = z.mean(dim=-1, keepdim=True)
        centred = z - mean
        norm = torch.linalg.vector_norm(centred, dim=-1, keepdim=True)
        deviation = norm / (self.d_model - 1) ** 0.5
        scaled = centred / (deviation + EPSILON)
        kept, places = top_k(linear(scaled - self.b_dec, self.W_enc, self.b_enc), self.config.k)
        statistics = torch.arange(self.config.n_latents, self.d_sae, device=z.device)
        values = torch.cat([kept, deviation, mean, -mean], dim=-1).clamp_min(0)
        indices = torch.cat([places, statistics.expand(z.shape[0], -1)], dim=-1)
        return SparseFeatures(indices.where(values > 0, 0), values)

    def _encode(
        self, z: Float[Tensor, "n d_model"], features: Int[Tensor, " n_features"] | None
    ) -> Float[Tensor, "n n_features"]:
        # All features compete for the k places, so a subset cannot be encoded alone.
        indices, values = self._encode_sparse(z)
        dense = z.new_zeros(z.shape[0], self.d_sae).scatter_add(1, indices, values)
        return dense if features is None else dense[:, features]

    def _decode(self, raw: Float[Tensor, "... d_sae"]) -> Float[Tensor, "... d_model"]:
        latents = raw[..., : self.config.n_latents]
        deviation, positive, negative = raw[..., self.config.n_latents :].split(1, dim=-1)
        return (latents @ self.W_dec + self.b_dec) * deviation + (positive - negative)
