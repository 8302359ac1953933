"""How often calls of about the same peak were right on held-out proteins."""

from __future__ import annotations

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int
from scipy.special import ndtri

COVERAGE = 0.95
"""Of the interval whose lower end is the bound."""


class HeldOutPrecision:
    """The fraction of true calls among held-out calls of about the same peak.

    The fraction may only rise with the peak: isotonic regression cuts the range of peaks into
    steps, each with one fraction. UniProt is not complete, so that a true call may be where nobody
    has looked: the fraction is rather too low than too high.

    Args:
        steps: lowest_peak, n_calls, n_true of each step, the lowest first.
    """

    def __init__(self, steps: pd.DataFrame) -> None:
        self.steps = steps

    @classmethod
    def of_calls(
        cls, peak: Float[np.ndarray, " n_calls"], is_true: Bool[np.ndarray, " n_calls"]
    ) -> HeldOutPrecision:
        """Learn the steps.

        Args:
            peak: Peaks of calls on held-out proteins.
            is_true: Whether each of these calls touches its concept.
        """
        from sklearn.isotonic import isotonic_regression  # a second, which reading need not wait

        # Of calls with equal peaks the true ones come first, so that all end in one step.
        order = np.lexsort((~is_true, peak))
        if len(order) == 0:
            return cls(pd.DataFrame({"lowest_peak": [0.0], "n_calls": [0], "n_true": [0]}))
        fraction = isotonic_regression(is_true[order].astype(float))
        first = np.flatnonzero(np.diff(fraction, prepend=-1.0))
        return cls(
            pd.DataFrame(
                {
                    "lowest_peak": peak[order][first].astype(float),
                    "n_calls": np.diff(first, append=len(order)),
                    "n_true": np.add.reduceat(is_true[order].astype(int), first),
                }
            )
        )

    def at(
        self, peak: Float[np.ndarray, " n"]
    ) -> tuple[Int[np.ndarray, " n"], Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
        """The held-out calls in each peak's step, their true fraction, and its lower bound.

        The bound is the lower end of Wilson's 95 % interval (1927); without calls it is 0.
        """
        lowest, n_in_step, n_true = (self.steps[name].to_numpy() for name in self.steps)
        step = np.maximum(np.searchsorted(lowest, peak, side="right") - 1, 0)
        n_calls = n_in_step[step]
        n = np.maximum(n_calls, 1)
        fraction = n_true[step] / n
        return n_calls, fraction, np.where(n_calls > 0, wilson_low(fraction, n), 0.0)


def wilson_low(
    fraction: Float[np.ndarray, " n"], n: Int[np.ndarray, " n"]
) -> Float[np.ndarray, " n"]:
    """The lower end of Wilson's 95 % interval (1927) of a fraction of n."""
    z = ndtri((1 + COVERAGE) / 2)
    centre = fraction + z**2 / (2 * n)
    margin = z * np.sqrt(fraction * (1 - fraction) / n + z**2 / (4 * n**2))
    return np.maximum((centre - margin) / (1 + z**2 / n), 0.0)
