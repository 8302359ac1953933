"""Principal components behind the interface of an SAE: a baseline without training."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Literal, Self

import torch
from jaxtyping import Float
from pydantic import model_validator
from torch import Tensor

from plmscope.saes.architectures.relu import ReLUSAE
from plmscope.saes.config import SAEConfig
from plmscope.saes.input_statistics import estimate_input_statistics


class PCAConfig(SAEConfig):
    """Settings of the PCA baseline: `d_sae` is twice the number of components."""

    architecture: Literal["pca"] = "pca"
    """Names these settings among those of other architectures."""

    @model_validator(mode="after")
    def _pairs(self) -> Self:
        if self.d_sae % 2:
            raise ValueError(f"d_sae = {self.d_sae} must be even: two features a component")
        if self.d_model is not None and self.d_sae > 2 * self.d_model:
            raise ValueError(f"d_sae = {self.d_sae} is more than 2 * d_model = {2 * self.d_model}")
        return self


class PCASAE(ReLUSAE):
    """Two features for each principal component, its positive and its negative side.

    With the components as rows of `C`, `f = [ReLU(C (z - mean)), ReLU(-C (z - mean))]` and
    `z_hat = f [C, -C] + mean`: features are non-negative like an SAE's, and together the two
    sides reconstruct exactly what the components span.
    """

    Config: ClassVar[type[SAEConfig]] = PCAConfig

    @torch.no_grad()
    def calibrate(self, batches: Iterable[Float[Tensor, "n d_model"]]) -> None:
        """Find the components of the train split, then scale the features.

        Args:
            batches: Activations of the train split; read twice.

        Raises:
            TypeError: If they can be read only once.
        """
        if iter(batches) is batches:
            raise TypeError("PCA reads the batches twice: give a list, not a generator")
        statistics = estimate_input_statistics(self.normalise(x) for x in batches)
        _, vectors = torch.linalg.eigh(statistics.covariance)
        components = vectors.T.flip(0)[: self.d_sae // 2]
        directions = torch.cat([components, -components])
        self.W_enc.copy_(directions)
        self.W_dec.copy_(directions)
        self.b_dec.copy_(statistics.mean)
        super().calibrate(batches)
