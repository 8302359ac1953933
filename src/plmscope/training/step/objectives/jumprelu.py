"""JumpReLU: squared error and a wanted number of features, through straight-through estimators."""

from __future__ import annotations

from typing import Any, ClassVar

from jaxtyping import Float
from pydantic import NonNegativeFloat, PositiveFloat
from torch import Tensor

from plmscope.saes.architectures.jumprelu import JumpReLUSAE
from plmscope.training.step.objectives.base import Metrics
from plmscope.training.step.objectives.settings import ObjectiveSettings
from plmscope.training.step.objectives.threshold import (
    ChunkFeatures,
    ChunkGradients,
    ThresholdObjective,
    is_positive,
)
from plmscope.training.step.schedules import RunFraction, Steps, ramp, refuse_warmup_in_decay
from plmscope.training.step.settings import StepSettings


class JumpReLUSettings(ObjectiveSettings):
    """What can be set about the training of a JumpReLU SAE."""

    presets: ClassVar[dict[str, dict[str, Any]]] = {
        "interplm": {"target_l0": 20.0, "l0_warmup_fraction": Steps(steps=2000)}
    }

    target_l0: PositiveFloat = 32.0
    """Wanted mean number of features for each residue."""

    l0_coefficient: NonNegativeFloat = 1.0
    """Weight of the squared relative distance from it."""

    l0_warmup_fraction: RunFraction = 0.05
    """Fraction of the run over which that weight rises from 0."""

    bandwidth: PositiveFloat = 0.001
    """Width of the window around a threshold that gives it a gradient."""

    def check(self, step: StepSettings) -> None:
        """The penalty has risen before the learning rate falls."""
        refuse_warmup_in_decay(self.l0_warmup_fraction, "l0_warmup_fraction", step)


class JumpReLUObjective(ThresholdObjective):
    """`L = mean_b |z - z_hat|^2 + l0_coefficient * (L0 / target_l0 - 1)^2`.

    `f = p * 1[p > threshold]` and `L0 = mean_b sum 1[f > threshold]`. The thresholds get gradients
    through rectangular windows of width `bandwidth`, `K(u) = 1[|u| < 1/2]`:
    `df/dthreshold = -(threshold / bandwidth) K((p - threshold) / bandwidth)` and
    `d1[f > threshold]/dthreshold = -(1 / bandwidth) K((f - threshold) / bandwidth)`
    (Rajamanoharan et al. 2024, equations 11 and 12; InterPLM v1.0).
    """

    Settings = JumpReLUSettings
    sae: JumpReLUSAE
    settings: JumpReLUSettings
    betas: ClassVar[tuple[float, float]] = (0.0, 0.999)

    def collection_threshold(self) -> Float[Tensor, " d_sae"]:
        """Where the windows below the thresholds begin."""
        return self.sae.threshold.detach() - self.settings.bandwidth / 2

    def chunk_gradients(
        self,
        features: ChunkFeatures,
        error: Float[Tensor, "n_residues d_model"],
        n: int,
        step: int,  # noqa: ARG002
    ) -> ChunkGradients:
        """See the base class."""
        pattern, excess, active, _ = features
        d_reconstruction = error * (-2 / n)
        d_values = pattern.dot(d_reconstruction, self.sae.W_dec)
        in_window = is_positive(self.settings.bandwidth / 2 - excess.abs())
        sums = {
            "reconstruction_loss": error.square().sum() / n,
            "d_jump": pattern.sum_by_feature(d_values * in_window),
            "n_in_window": pattern.sum_by_feature(active * in_window),
        }
        return ChunkGradients(d_reconstruction, d_values.mul_(active), sums)

    def finish(
        self,
        sums: dict[str, Tensor],
        z: Float[Tensor, "n_residues d_model"],
        error: Float[Tensor, "n_residues d_model"],
        step: int,
    ) -> Metrics:
        """Set the thresholds' gradient, which needs L0 of the whole batch."""
        settings, n_steps = self.settings, self.step_settings.n_steps
        n = self.batch_size(z)
        threshold = self.sae.threshold.detach()
        # A feature that is off has f = 0: above a threshold below 0, or in its window.
        n_off = z.shape[0] - sums["n_active"]
        n_above = sums["n_active"] + n_off * (threshold < 0)
        n_in_window = sums["n_in_window"] + n_off * (threshold.abs() < settings.bandwidth / 2)

        summands = {"reconstruction_loss": sums["reconstruction_loss"], "l0": n_above.sum() / n}
        metrics = self.reduce_metrics(z, error, summands)
        excess = metrics["l0"] / settings.target_l0 - 1
        weight = settings.l0_coefficient * ramp(step, settings.l0_warmup_fraction, n_steps)
        d_l0 = 2 * weight * excess / settings.target_l0
        d_threshold = threshold * sums["d_jump"] + n_in_window * (d_l0 / n)
        self.sae.threshold.grad = d_threshold / -settings.bandwidth
        sparsity = weight * excess.square()
        loss = metrics["reconstruction_loss"] + sparsity
        return {"loss": loss, "sparsity_loss": sparsity, **metrics}
