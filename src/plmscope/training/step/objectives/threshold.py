"""What ReLU and JumpReLU share: every pre-activation above a threshold is a feature."""

from __future__ import annotations

from abc import abstractmethod
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from plmscope.saes.linear import ThresholdSAE
from plmscope.training.step.compiling import fused
from plmscope.training.step.encoder import BlockEncoder
from plmscope.training.step.objectives.base import ActivePart, Metrics, Objective
from plmscope.training.step.ranks import Ranks
from plmscope.training.step.settings import StepSettings
from plmscope.training.step.sparse_products import ActivePattern, DensePattern


class ChunkFeatures(NamedTuple):
    """The features of some residues of a batch, in whatever shape their pattern has.

    Attributes:
        pattern: Which features were looked at.
        excess: Pre-activations minus thresholds.
        active: 1 where the excess is positive, else 0.
        values: The features: pre-activations times `active`.
    """

    pattern: ActivePattern | DensePattern
    excess: Float[Tensor, "*entries"]
    active: Float[Tensor, "*entries"]
    values: Float[Tensor, "*entries"]


class ChunkGradients(NamedTuple):
    """What an objective says about some residues of a batch.

    Attributes:
        d_reconstruction: Gradient of the reconstruction.
        d_pre_activations: Gradient of the pre-activations.
        sums: Summands for `finish`.
    """

    d_reconstruction: Float[Tensor, "n_residues d_model"]
    d_pre_activations: Float[Tensor, "*entries"]
    sums: dict[str, Tensor]


class ThresholdObjective(Objective):
    """Adds up the gradients of a batch over its chunks, which are sparse or dense."""

    sae: ThresholdSAE

    def __init__(self, sae: ThresholdSAE, step_settings: StepSettings, ranks: Ranks) -> None:
        super().__init__(sae, step_settings, ranks)
        self._differentiate_dense = fused(self._differentiate, step_settings)

    @abstractmethod
    def collection_threshold(self) -> Float[Tensor, " d_sae"] | Float[Tensor, ""]:
        """Pre-activations below it have no part in the loss or in any gradient."""

    @abstractmethod
    def chunk_gradients(
        self, features: ChunkFeatures, error: Float[Tensor, "n_residues d_model"], n: int, step: int
    ) -> ChunkGradients:
        """Gradients of a chunk of a batch of `n` residues, at update number `step`."""

    @abstractmethod
    def finish(
        self,
        sums: dict[str, Tensor],
        z: Float[Tensor, "n_residues d_model"],
        error: Float[Tensor, "n_residues d_model"],
        step: int,
    ) -> Metrics:
        """Complete the gradients that need the whole batch, and the metrics."""

    def compute_gradients(self, z: Float[Tensor, "n_residues d_model"], step: int) -> Metrics:
        """See the base class; also counts what fired."""
        sae, n = self.sae, self.batch_size(z)
        encoder_input = sae.encoder_input(z)
        errors, chunks = [], []
        encoder = BlockEncoder(sae, self.product_dtype)
        for rows, pattern, p in encoder.chunks(encoder_input, self.collection_threshold()):
            is_dense = isinstance(pattern, DensePattern)  # a sparse one's length always changes
            differentiate = self._differentiate_dense if is_dense else self._differentiate
            chunk, error, gradients = differentiate(
                pattern, p, z[rows], encoder_input[rows], n, step
            )
            for parameter, gradient in zip(self.weights(), gradients, strict=True):
                if parameter.grad is None:
                    parameter.grad = gradient.to(parameter)
                else:
                    parameter.grad += gradient
            errors.append(error)
            chunks.append(chunk)
        self.set_decoder_bias_gradient(torch.cat([chunk.d_reconstruction for chunk in chunks]))
        sums = {
            name: torch.stack([chunk.sums[name] for chunk in chunks]).sum(0)
            for name in chunks[0].sums
        }
        self.firing.update(sums["n_active"] > 0, n, self.ranks)
        return self.finish(sums, z, torch.cat(errors), step)

    def _differentiate(
        self,
        pattern: ActivePattern | DensePattern,
        p: Float[Tensor, "*entries"],
        z: Float[Tensor, "n_chunk d_model"],
        encoder_input: Float[Tensor, "n_chunk d_model"],
        n: int,
        step: int,
    ) -> tuple[ChunkGradients, Float[Tensor, "n_chunk d_model"], tuple[Tensor, Tensor, Tensor]]:
        """What a chunk says, its reconstruction error, and the gradients of `weights`."""
        sae = self.sae
        threshold = pattern.at_features(sae.activation_threshold().detach().expand(sae.d_sae))
        excess = p - threshold.to(p.dtype)
        active = is_positive(excess)
        values = p * active
        error = z - sae.b_dec - pattern.decode(values, sae.W_dec)
        features = ChunkFeatures(pattern, excess, active, values)
        chunk = self.chunk_gradients(features, error, n, step)
        chunk.sums["n_active"] = pattern.sum_by_feature(active)
        part = ActivePart(pattern, values, encoder_input, *chunk[:2])
        return chunk, error, part.gradients()


def is_positive(x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """1 where x is positive, else 0, as numbers: several times faster than with booleans."""
    return x.clamp_min(0).sign_()
