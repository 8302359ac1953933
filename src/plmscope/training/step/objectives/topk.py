"""TopK: squared error of what the k largest features of each residue reconstruct."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import torch
from jaxtyping import Bool, Float
from pydantic import Field, NonNegativeFloat
from torch import Tensor

from plmscope.saes.architectures.batch_topk import BatchTopKSAE
from plmscope.saes.architectures.topk import TopKSAE
from plmscope.saes.topk_kernels import top_k
from plmscope.training.step.encoder import BlockEncoder
from plmscope.training.step.objectives.auxiliary import add_auxiliary_gradients
from plmscope.training.step.objectives.base import ActivePart, Metrics, Objective
from plmscope.training.step.objectives.settings import ObjectiveSettings
from plmscope.training.step.schedules import RunFraction, Steps, steps_of
from plmscope.training.step.sparse_products import ActivePattern


class TopKSettings(ObjectiveSettings):
    """What can be set about the training of a TopK SAE, and of those made from it."""

    presets: ClassVar[dict[str, dict[str, Any]]] = {
        "interplm": {"threshold_start_fraction": Steps(steps=1000)}
    }

    auxiliary_coefficient: NonNegativeFloat = 1 / 32
    """Weight of the loss that revives dead features."""

    threshold_momentum: float = Field(default=0.999, ge=0, lt=1)
    """Memory of the running threshold."""

    threshold_start_fraction: RunFraction = 0.02
    """Fraction of the run after which the threshold is tracked."""

    def shortened(self, fraction: float) -> Self:
        """See the base class; the threshold remembers the same fraction of the run."""
        momentum = max(0.0, 1 - (1 - self.threshold_momentum) / fraction)
        return super().shortened(fraction).model_copy(update={"threshold_momentum": momentum})


class TopKObjective(Objective):
    """`L = mean_b |z - z_hat|^2 + auxiliary_coefficient * L_aux` (Gao et al. 2024, InterPLM v1.0).

    The family differs in which features are kept, and in which ranges of features must
    reconstruct alone.
    """

    Settings = TopKSettings
    sae: TopKSAE | BatchTopKSAE
    settings: TopKSettings

    def ranges(self) -> list[tuple[int, int]]:
        """Ranges of features; each reconstructs together with those before it."""
        return [(0, self.sae.d_sae)]

    def select(
        self, encoder_input: Float[Tensor, "n_residues d_model"]
    ) -> tuple[ActivePattern, Float[Tensor, " nnz"]]:
        """The kept features and their pre-activations, in the weights' precision."""
        encoder = BlockEncoder(self.sae, self.product_dtype)
        kept = [top_k(block, self.sae.config.k) for _, block in encoder.blocks(encoder_input)]
        pattern = ActivePattern.of_rows(torch.cat([columns for _, columns in kept]), self.sae.d_sae)
        if encoder.is_exact:
            return pattern, torch.cat([values for values, _ in kept]).flatten()
        return pattern, encoder.exact(pattern, encoder_input)

    def fired(
        self, pattern: ActivePattern, values: Float[Tensor, " nnz"]
    ) -> Bool[Tensor, " d_sae"]:
        """Features that were kept anywhere, whatever their value."""
        del values
        return pattern.sum_by_feature(torch.ones_like(pattern.features)) > 0

    def smallest_kept(
        self, pattern: ActivePattern, values: Float[Tensor, " nnz"]
    ) -> Float[Tensor, ""]:
        """The smallest positive value of a residue, mean over residues and ranks."""
        rows = values.view(pattern.n_residues, -1)
        smallest = rows.where(rows > 0, torch.inf).amin(1)
        finite = smallest.isfinite()
        total = self.ranks.sum(torch.stack([smallest[finite].sum(), finite.sum()]))
        return total[0] / total[1].clamp_min(1)

    def compute_gradients(self, z: Float[Tensor, "n_residues d_model"], step: int) -> Metrics:
        """See the base class; also counts what fired and tracks the threshold."""
        sae, n = self.sae, self.batch_size(z)
        encoder_input = sae.encoder_input(z)
        pattern, pre_activations = self.select(encoder_input)
        values = pre_activations.clamp_min(0)
        self.firing.update(self.fired(pattern, values), n, self.ranks)
        start = self.settings.threshold_start_fraction
        if step > steps_of(start, self.step_settings.n_steps):
            self._track_threshold(self.smallest_kept(pattern, values))

        parts, errors = self._parts(z, encoder_input, pattern, values)
        gradients = zip(*(part.gradients() for part in parts), strict=True)
        for parameter, gradient in zip(self.weights(), gradients, strict=True):
            # Without the copy that concatenating a single range would make.
            parameter.grad = gradient[0] if len(gradient) == 1 else torch.cat(gradient)
        auxiliary = add_auxiliary_gradients(self, encoder_input, errors[-1])
        self.set_decoder_bias_gradient(parts[0].d_reconstruction)

        squares = torch.stack([error.square().sum() for error in errors])
        summands = {
            "reconstruction_loss": squares.mean() / n,
            "l0": (values > 0).sum() / n,
        }
        metrics = self.reduce_metrics(z, errors[-1], summands)
        loss = metrics["reconstruction_loss"] + self.settings.auxiliary_coefficient * auxiliary
        return {"loss": loss, "auxiliary_loss": auxiliary, **metrics}

    def _parts(
        self,
        z: Float[Tensor, "n_residues d_model"],
        encoder_input: Float[Tensor, "n_residues d_model"],
        pattern: ActivePattern,
        values: Float[Tensor, " nnz"],
    ) -> tuple[list[ActivePart], list[Float[Tensor, "n_residues d_model"]]]:
        """The features of each range with their gradients, and the error of each prefix."""
        W_dec, ranges = self.sae.W_dec, self.ranges()
        chunks = [pattern.between(*bounds) for bounds in ranges]
        errors: list[Tensor] = []
        remaining = z - self.sae.b_dec
        for (first, last), (chunk, chosen) in zip(ranges, chunks, strict=True):
            remaining = remaining - chunk.decode(values[chosen], W_dec[first:last])
            errors.append(remaining)

        parts: list[ActivePart] = []
        d_reconstruction = torch.zeros_like(z)
        for i in reversed(range(len(ranges))):
            # A feature takes part in the reconstruction of its own prefix and of all longer ones.
            d_reconstruction = d_reconstruction - errors[i] * (
                2 / (self.batch_size(z) * len(ranges))
            )
            (first, last), (chunk, chosen) = ranges[i], chunks[i]
            d_values = chunk.dot(d_reconstruction, W_dec[first:last])
            d_pre_activations = d_values * (values[chosen] > 0)
            parts.append(
                ActivePart(
                    chunk, values[chosen], encoder_input, d_reconstruction, d_pre_activations
                )
            )
        return parts[::-1], errors

    def _track_threshold(self, smallest: Float[Tensor, ""]) -> None:
        """Move the SAE's threshold towards the smallest value kept in this batch."""
        threshold, momentum = self.sae.threshold, self.settings.threshold_momentum
        moved = momentum * threshold + (1 - momentum) * smallest
        threshold.copy_(torch.where(threshold < 0, smallest, moved))
