"""Mean and spread of the activations, and what they predict about dead features."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

logger = logging.getLogger(__name__)

HIGH_GAMMA = 1.0
"""From here on an uncentred SAE is predicted to lose features (arXiv:2605.31518)."""


class InputStatistics(NamedTuple):
    """Mean and covariance of activations, all float64.

    Attributes:
        n_residues: How many were read.
        mean: `[d_model]`.
        covariance: `[d_model, d_model]`.
    """

    n_residues: int
    mean: Float[Tensor, " d_model"]
    covariance: Float[Tensor, "d_model d_model"]

    @property
    def std(self) -> Float[Tensor, " d_model"]:
        """Standard deviation of each dimension."""
        return self.covariance.diagonal().clamp_min(0).sqrt()

    @property
    def scale(self) -> float:
        """One scale for all dimensions: the root mean square of a centred activation."""
        return float(self.std.square().mean().sqrt()) or 1.0

    @property
    def gamma(self) -> float:
        """`‖mean‖ / ‖std‖`, the fraction of an activation that is the same for all residues."""
        return float(self.mean.norm() / self.std.norm().clamp_min(1e-12))

    def report(self) -> dict[str, float]:
        """The figures to keep with a training run: gamma, scale, spread of the dimensions."""
        relative = self.std / self.scale
        return {
            "n_residues": self.n_residues,
            "gamma": self.gamma,
            "scale": self.scale,
            "relative_std_min": float(relative.min()),
            "relative_std_median": float(relative.median()),
            "relative_std_max": float(relative.max()),
        }


def estimate_input_statistics(batches: Iterable[Float[Tensor, "n d_model"]]) -> InputStatistics:
    """Mean and covariance of activations in one pass, in float64.

    Each batch is merged by its own mean, so that a large common offset costs no digits
    (Chan et al. 1979).

    Args:
        batches: Activations of the train split.

    Raises:
        ValueError: If there is no residue, or a value is not finite.
    """
    n, mean, scatter = 0, None, None
    for x in batches:
        m = x.shape[0]
        if m == 0:
            continue
        x = x.to(torch.float64)
        batch_mean = x.mean(0)
        centred = x - batch_mean
        if mean is None or scatter is None:
            mean, scatter = torch.zeros_like(batch_mean), x.new_zeros(x.shape[1], x.shape[1])
        shift = batch_mean - mean
        scatter += centred.T @ centred + torch.outer(shift, shift) * (n * m / (n + m))
        mean += shift * (m / (n + m))
        n += m
    if mean is None or scatter is None:
        raise ValueError("no activations to estimate the input normalisation from")
    if not (mean.isfinite().all() and scatter.isfinite().all()):
        raise ValueError("the activations hold values that are not finite")
    return InputStatistics(n, mean, scatter / n)


def log_input_statistics(statistics: InputStatistics) -> None:
    """Log gamma and the spread of the dimensions, with a warning where gamma is high."""
    report = statistics.report()
    logger.info(
        "Activations: gamma = ‖mean‖/‖std‖ = %.2f, scale %.3g, std of a dimension %.2g to %.2g "
        "times that",
        report["gamma"], report["scale"], report["relative_std_min"], report["relative_std_max"],
    )  # fmt: skip
    if statistics.gamma > HIGH_GAMMA:
        logger.warning(
            "gamma = %.2f is above %.1f: without mean-centring many features would die; "
            "the SAE's input normalisation centres",
            statistics.gamma, HIGH_GAMMA,
        )  # fmt: skip
