"""Fraction of variance unexplained, the one formula of it."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor


def fraction_unexplained(
    error_squared: Float[Tensor, ""],
    x_squared: Float[Tensor, ""],
    x_sum: Float[Tensor, " d_model"],
    n_residues: int,
) -> Float[Tensor, ""]:
    """`sum |e|^2 / sum |x - mean(x)|^2`, of sums over residues that may be added up in parts.

    Args:
        error_squared: `sum |e|^2` with e what a reconstruction of x lacks.
        x_squared: `sum |x|^2`.
        x_sum: `sum x`.
        n_residues: How many residues were summed over.
    """
    return error_squared / (x_squared - x_sum.square().sum() / n_residues)
