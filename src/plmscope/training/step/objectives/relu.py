"""ReLU: reconstruction error and an L1 penalty."""

from __future__ import annotations

from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from plmscope.training.step.objectives.base import Metrics
from plmscope.training.step.objectives.threshold import (
    ChunkFeatures,
    ChunkGradients,
    ThresholdObjective,
)
from plmscope.training.step.schedules import l1_factor


class ReLUObjective(ThresholdObjective):
    """`L = mean_b |z - z_hat| + l1_coefficient * mean_b |f|_1`; the norm is not squared.

    The penalty rises from 0 over the first steps (Simon & Zou 2025, InterPLM v1.0).
    """

    clips_first: ClassVar[bool] = True

    def collection_threshold(self) -> Float[Tensor, ""]:
        """Zero."""
        return self.sae.activation_threshold()

    def chunk_gradients(
        self, features: ChunkFeatures, error: Float[Tensor, "n_residues d_model"], n: int, step: int
    ) -> ChunkGradients:
        """See the base class."""
        pattern, _, active, values = features
        norms = torch.linalg.vector_norm(error, dim=1)
        d_reconstruction = error / (norms.clamp_min(torch.finfo(norms.dtype).tiny)[:, None] * -n)
        d_values = pattern.dot(d_reconstruction, self.sae.W_dec)
        d_pre_activations = d_values.add_(self._penalty(step) / n).mul_(active)
        sums = {
            "reconstruction_loss": norms.sum() / n,
            "l1": pattern.sum_by_feature(values).sum() / n,
        }
        return ChunkGradients(d_reconstruction, d_pre_activations, sums)

    def finish(
        self,
        sums: dict[str, Tensor],
        z: Float[Tensor, "n_residues d_model"],
        error: Float[Tensor, "n_residues d_model"],
        step: int,
    ) -> Metrics:
        """See the base class."""
        summands = {
            "reconstruction_loss": sums["reconstruction_loss"],
            "sparsity_loss": self._penalty(step) * sums["l1"],
            "l0": sums["n_active"].sum() / self.batch_size(z),
        }
        metrics = self.reduce_metrics(z, error, summands)
        loss = metrics["reconstruction_loss"] + metrics["sparsity_loss"]
        return {"loss": loss, **metrics}

    def _penalty(self, step: int) -> float:
        return self.settings.l1_coefficient * l1_factor(step, self.settings)
