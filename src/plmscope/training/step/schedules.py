"""What changes with the step number: the learning rate and the weight of sparsity."""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import Field, NonNegativeInt

from plmscope.parameters import Parameters
from plmscope.training.step.settings import StepSettings

_ROUNDING = 1e-9  # 0.29 of 100 steps are 28.999999999999996


class Steps(Parameters):
    """A number of steps, however long the run is: for presets that follow somebody's code."""

    steps: NonNegativeInt
    """How many."""


RunFraction = Annotated[float, Field(ge=0, lt=1)] | Steps
"""When or for how long: a fraction of the run's steps."""


def steps_of(fraction: float | Steps, n_steps: int) -> int:
    """The whole steps in a fraction of a run."""
    if isinstance(fraction, Steps):
        return fraction.steps
    return math.floor(fraction * n_steps + _ROUNDING)


def learning_rate(
    step: int, settings: StepSettings, d_sae: int, restart_every: int | None = None
) -> float:
    """Learning rate of update number `step`, counted from 0.

    It rises linearly over `w` steps, stays, and falls linearly to 0 over the last steps:
    `step / w`, 1, `(n_steps - step) / (n_steps - decay_start)`; the first update has 0.

    Args:
        step: Number of updates already made.
        settings: Length of the run, warm-up, decay.
        d_sae: Number of features, for the default `2e-4 / sqrt(d_sae / 2^14)`.
        restart_every: Steps after which it rises anew, again and again. None: only once.
    """
    peak = settings.learning_rate or 2e-4 / (d_sae / 2**14) ** 0.5
    return peak * _factor(step, settings, restart_every)


def decay_start(settings: StepSettings) -> int:
    """The step from which the learning rate falls; `n_steps // 2` for a half, as in InterPLM."""
    return steps_of(1 - settings.decay_fraction, settings.n_steps)


def _factor(step: int, settings: StepSettings, restart_every: int | None) -> float:
    n_steps, start = settings.n_steps, decay_start(settings)
    warmup_steps = steps_of(settings.warmup_fraction, n_steps)
    since_start = step % restart_every if restart_every else step
    if since_start < warmup_steps:
        return since_start / warmup_steps
    if start <= step and start < n_steps:
        return max(n_steps - step, 0) / (n_steps - start)
    return 1.0


def ramp(step: int, warmup: float | Steps, n_steps: int) -> float:
    """The part of a penalty that counts at `step`: rises linearly from 0 to 1 over the warm-up."""
    warmup_steps = steps_of(warmup, n_steps)
    return min(step / warmup_steps, 1.0) if warmup_steps else 1.0


def refuse_warmup_in_decay(warmup: float | Steps, name: str, settings: StepSettings) -> None:
    """Refuse a penalty that still rises when the learning rate falls; InterPLM asserts the same.

    Args:
        warmup: Over how much of the run the penalty rises.
        name: Of that setting.
        settings: Length of the run, decay.

    Raises:
        ValueError: Naming both, in steps.
    """
    warmup_steps, start = steps_of(warmup, settings.n_steps), decay_start(settings)
    if settings.decay_fraction and warmup_steps > start:
        raise ValueError(
            f"training.objective.{name} ({warmup_steps} steps) reaches past the step where the"
            f" learning rate begins to fall ({start}): take more steps, or a shorter warm-up"
        )
