"""ReLU: reconstruction error and an L1 penalty."""

from __future__ import annotations

from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from plmscope.training.encoder import Piece
from plmscope.training.objectives.base import Metrics
from plmscope.training.objectives.threshold import PieceGradients, ThresholdObjective
from plmscope.training.schedules import sparsity_factor


class ReLUObjective(ThresholdObjective):
    """`L = mean_b |z - z_hat| + l1_coefficient * mean_b |f|_1`; the norm is not squared.

    The penalty rises from 0 over the first steps (Simon & Zou 2025, InterPLM v1.0).
    """

    clips_first: ClassVar[bool] = True

    def collection_cut(self) -> Float[Tensor, ""]:
        """Zero."""
        return self.sae.cut()

    def piece_gradients(
        self,
        piece: Piece,
        values: Float[Tensor, ...],
        error: Float[Tensor, "n_residues d_model"],
        n: int,
        step: int,
    ) -> PieceGradients:
        """See the base class."""
        norms = torch.linalg.vector_norm(error, dim=1)
        d_reconstruction = error / (norms.clamp_min(torch.finfo(norms.dtype).tiny)[:, None] * -n)
        d_values = piece.pattern.dot(d_reconstruction, self.sae.W_dec)
        is_active = values > 0
        d_pre_activations = (d_values + self._penalty(step) / n) * is_active
        sums = {
            "reconstruction_loss": norms.sum() / n,
            "l1": values.sum(dtype=norms.dtype) / n,
            "l0": is_active.sum() / n,
        }
        return PieceGradients(d_reconstruction, d_pre_activations, sums)

    def finish(self, sums: dict[str, Tensor], z: Tensor, error: Tensor, step: int) -> Metrics:
        """See the base class."""
        metrics = self.reduce_metrics(z, error, sums)
        sparsity = self._penalty(step) * metrics.pop("l1")
        loss = metrics["reconstruction_loss"] + sparsity
        return {"loss": loss, "sparsity_loss": sparsity, **metrics}

    def _penalty(self, step: int) -> float:
        return self.settings.l1_coefficient * sparsity_factor(step, self.settings)
