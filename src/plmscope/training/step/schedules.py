"""What changes with the step number: the learning rate and the weight of sparsity."""

from __future__ import annotations

import math

from plmscope.training.settings import StepSettings

_ROUNDING = 1e-9  # 0.29 of 100 steps are 28.999999999999996


def steps_of(fraction: float, n_steps: int) -> int:
    """The whole steps in a fraction of a run."""
    return math.floor(fraction * n_steps + _ROUNDING)


def learning_rate(step: int, settings: StepSettings, d_sae: int) -> float:
    """Learning rate of update number `step`, counted from 0.

    It rises linearly over `w` steps, stays, and falls linearly to 0 over the last steps:
    `step / w`, 1, `(n_steps - step) / (n_steps - decay_start)`; the first update has 0.

    Args:
        step: Number of updates already made.
        settings: Length of the run, warm-up, decay.
        d_sae: Number of features, for the default `2e-4 / sqrt(d_sae / 2^14)`.
    """
    peak = settings.learning_rate or 2e-4 / (d_sae / 2**14) ** 0.5
    return peak * _factor(step, settings)


def decay_start(settings: StepSettings) -> int:
    """The step from which the learning rate falls; `n_steps // 2` for a half, as in InterPLM."""
    return steps_of(1 - settings.decay_fraction, settings.n_steps)


def _factor(step: int, settings: StepSettings) -> float:
    n_steps, start = settings.n_steps, decay_start(settings)
    warmup_steps = steps_of(settings.warmup_fraction, n_steps)
    since_start = step
    if settings.resample_every and settings.resampling_rule == "by_loss":
        since_start = step % settings.resample_every
    if since_start < warmup_steps:
        return since_start / warmup_steps
    if start <= step and start < n_steps:
        return max(n_steps - step, 0) / (n_steps - start)
    return 1.0


def l1_factor(step: int, settings: StepSettings) -> float:
    """Fraction of ReLU's sparsity penalty that counts at `step`: rises linearly from 0 to 1."""
    return _ramp(step, steps_of(settings.sparsity_warmup_fraction, settings.n_steps))


def l0_factor(step: int, settings: StepSettings) -> float:
    """The same of JumpReLU's penalty, whose warm-up may be given in steps."""
    return _ramp(step, l0_warmup_steps(settings))


def l0_warmup_steps(settings: StepSettings) -> int:
    """Over how many steps JumpReLU's penalty rises."""
    if settings.l0_warmup_steps is not None:
        return settings.l0_warmup_steps
    return steps_of(settings.sparsity_warmup_fraction, settings.n_steps)


def _ramp(step: int, warmup_steps: int) -> float:
    return min(step / warmup_steps, 1.0) if warmup_steps else 1.0
