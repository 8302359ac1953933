"""What changes with the step number: the learning rate and the weight of sparsity."""

from __future__ import annotations

from plmscope.training.settings import StepSettings


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


def _factor(step: int, settings: StepSettings) -> float:
    warmup_steps = int(settings.warmup_fraction * settings.n_steps)
    decay_steps = int(settings.decay_fraction * settings.n_steps)
    since_start = step
    if settings.resample_every and settings.resampling_rule == "by_loss":
        since_start = step % settings.resample_every
    if since_start < warmup_steps:
        return since_start / warmup_steps
    if step >= settings.n_steps - decay_steps and decay_steps:
        return max(settings.n_steps - step, 0) / decay_steps
    return 1.0


def sparsity_factor(step: int, settings: StepSettings) -> float:
    """Share of the sparsity penalty that counts at `step`: rises linearly from 0 to 1."""
    warmup_steps = int(settings.sparsity_warmup_fraction * settings.n_steps)
    return min(step / warmup_steps, 1.0) if warmup_steps else 1.0
