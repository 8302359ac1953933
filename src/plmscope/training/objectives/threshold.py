"""What ReLU and JumpReLU share: every pre-activation above a threshold is a feature."""

from __future__ import annotations

from abc import abstractmethod
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from plmscope.saes.linear import ThresholdSAE
from plmscope.training.encoder import BlockEncoder, Piece
from plmscope.training.objectives.base import ActivePart, Metrics, Objective


class PieceGradients(NamedTuple):
    """What an objective says about a piece of a batch.

    Attributes:
        d_reconstruction: Gradient of the reconstruction.
        d_pre_activations: Gradient of the pre-activations.
        sums: This piece's summands, for `finish`.
    """

    d_reconstruction: Float[Tensor, "n_residues d_model"]
    d_pre_activations: Float[Tensor, ...]
    sums: dict[str, Tensor]


class ThresholdObjective(Objective):
    """Adds up the gradients of a batch over its pieces, which are sparse or dense."""

    sae: ThresholdSAE

    @abstractmethod
    def collection_cut(self) -> Float[Tensor, " d_sae"] | Float[Tensor, ""]:
        """Pre-activations below it have no part in the loss or in any gradient."""

    @abstractmethod
    def piece_gradients(
        self,
        piece: Piece,
        values: Float[Tensor, ...],
        error: Float[Tensor, "n_residues d_model"],
        n: int,
        step: int,
    ) -> PieceGradients:
        """Gradients of a piece of a batch of `n` residues, at update number `step`."""

    @abstractmethod
    def finish(self, sums: dict[str, Tensor], z: Tensor, error: Tensor, step: int) -> Metrics:
        """Complete the gradients that need the whole batch, and the metrics."""

    def compute_gradients(self, z: Float[Tensor, "n_residues d_model"], step: int) -> Metrics:
        """See the base class; also counts what fired."""
        sae, n = self.sae, self.batch_size(z)
        encoder_input = sae.encoder_input(z)
        errors, found = [], []
        fired = torch.zeros(sae.d_sae, dtype=torch.bool, device=z.device)
        encoder = BlockEncoder(sae, self.settings)
        for piece in encoder.pieces(encoder_input, self.collection_cut()):
            pattern, p = piece.pattern, piece.pre_activations
            values = p * (p > pattern.at_features(sae.cut().detach().expand(sae.d_sae)))
            error = z[piece.rows] - sae.b_dec - pattern.decode(values, sae.W_dec)
            gradients = self.piece_gradients(piece, values, error, n, step)
            part = ActivePart(pattern, values, encoder_input[piece.rows], *gradients[:2])
            for parameter, gradient in zip(self.weights(), part.gradients(), strict=True):
                parameter.grad = gradient if parameter.grad is None else parameter.grad + gradient
            fired |= pattern.sum_by_feature(values) > 0
            errors.append(error)
            found.append(gradients)
        self.set_decoder_bias_gradient(torch.cat([piece.d_reconstruction for piece in found]))
        self.firing.update(fired, n, self.ranks)
        sums = {
            name: torch.stack([piece.sums[name] for piece in found]).sum(0)
            for name in found[0].sums
        }
        return self.finish(sums, z, torch.cat(errors), step)
