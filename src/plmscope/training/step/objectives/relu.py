"""ReLU: reconstruction error and an L1 penalty."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import torch
from jaxtyping import Float
from pydantic import Field, NonNegativeFloat, NonNegativeInt
from torch import Tensor

from plmscope.saes.linear import ThresholdSAE
from plmscope.training.step.objectives.base import Metrics
from plmscope.training.step.objectives.resampling import resample_by_loss, resample_uniformly
from plmscope.training.step.objectives.settings import ObjectiveSettings
from plmscope.training.step.objectives.threshold import (
    ChunkFeatures,
    ChunkGradients,
    ThresholdObjective,
)
from plmscope.training.step.optimiser import DecoderConstrainedAdam
from plmscope.training.step.ranks import Ranks
from plmscope.training.step.schedules import RunFraction, ramp, refuse_warmup_in_decay, steps_of
from plmscope.training.step.settings import StepSettings


class ReLUSettings(ObjectiveSettings):
    """What can be set about the training of a ReLU SAE."""

    # The published SAEs resampled by loss, as the paper's code did it.
    presets: ClassVar[dict[str, dict[str, Any]]] = {"paper": {"resampling_rule": "by_loss"}}

    l1_coefficient: NonNegativeFloat = 0.1
    """Weight of the mean L1 norm of the features."""

    sparsity_warmup_fraction: RunFraction = 0.05
    """Fraction of the run over which that weight rises from 0."""

    resample_every_fraction: float | None = Field(default=None, gt=0, le=1)
    """Fraction of the run between resamplings of dead features. None: never."""

    resampling_rule: Literal["uniform", "by_loss"] = "uniform"
    """`uniform` picks new directions among the rows of the batch; `by_loss` in proportion to their
    loss, scales them to the living features, clears their Adam moments and warms the learning rate
    up again."""

    resampling_seed: NonNegativeInt = 0
    """Seed of that choice."""

    def check(self, step: StepSettings) -> None:
        """The penalty has risen before the learning rate falls."""
        refuse_warmup_in_decay(self.sparsity_warmup_fraction, "sparsity_warmup_fraction", step)


class ReLUObjective(ThresholdObjective):
    """`L = mean_b |z - z_hat| + l1_coefficient * mean_b |f|_1`; the norm is not squared.

    The penalty rises from 0 over the first steps (Simon & Zou 2025, InterPLM v1.0).
    """

    Settings = ReLUSettings
    clips_first: ClassVar[bool] = True
    settings: ReLUSettings

    def __init__(self, sae: ThresholdSAE, step_settings: StepSettings, ranks: Ranks) -> None:
        super().__init__(sae, step_settings, ranks)
        self.generator = torch.Generator().manual_seed(self.settings.resampling_seed)

    @property
    def resample_every(self) -> int | None:
        """Steps between resamplings of dead features."""
        fraction = self.settings.resample_every_fraction
        return None if fraction is None else max(1, steps_of(fraction, self.step_settings.n_steps))

    @property
    def restart_every(self) -> int | None:
        """With the rule `by_loss`, every resampling is followed by a warm-up."""
        return self.resample_every if self.settings.resampling_rule == "by_loss" else None

    def after_update(
        self,
        z: Float[Tensor, "n_residues d_model"],
        n_updates: int,
        optimiser: DecoderConstrainedAdam,
    ) -> None:
        """Give dead features new directions, every `resample_every` steps."""
        every = self.resample_every
        if every is None or n_updates % every:
            return
        z = self.ranks.gather(z)
        # Dead: silent for more than half of the steps since the last time.
        silent_for = every // 2 * z.shape[0] + 1
        dead = self.firing.dead(silent_for).nonzero().flatten()
        if dead.numel() == 0:
            return
        if self.settings.resampling_rule == "by_loss":
            resample_by_loss(self.sae, dead, z, self.generator)
            optimiser.forget(dead)
        else:
            resample_uniformly(self.sae, dead, z, self.generator)
        self.firing.revive(dead)

    def state_dict(self) -> dict[str, Any]:
        """See the base class; also the random state."""
        return super().state_dict() | {"generator": self.generator.get_state()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """See the base class."""
        super().load_state_dict(state)
        self.generator.set_state(state["generator"])

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
        own, n_steps = self.settings, self.step_settings.n_steps
        return own.l1_coefficient * ramp(step, own.sparsity_warmup_fraction, n_steps)
