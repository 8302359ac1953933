"""Calls: stretches of residues where a feature says that its concept is."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.sparse import csc_array
from scipy.special import ndtri
from sklearn.isotonic import isotonic_regression

from plmscope.concepts.labels import expand


class Calls(NamedTuple):
    """Stretches of consecutive residues of one protein where a feature is above a threshold.

    Attributes:
        start: First row of each call.
        stop: One past its last row.
        peak: The feature's highest value in it.
    """

    start: Int[np.ndarray, " n_calls"]
    stop: Int[np.ndarray, " n_calls"]
    peak: Float[np.ndarray, " n_calls"]

    def touch(self, marked: Bool[np.ndarray, " n_residues"]) -> Bool[np.ndarray, " n_calls"]:
        """Whether each call has a marked residue."""
        before = np.concatenate([[0], marked.cumsum()])
        return before[self.stop] > before[self.start]

    def cover(
        self, chosen: Bool[np.ndarray, " n_calls"], n_residues: int
    ) -> Bool[np.ndarray, " n_residues"]:
        """The residues of the chosen calls."""
        covered = np.zeros(n_residues, dtype=bool)
        covered[expand(self.start[chosen], self.stop[chosen])[0]] = True
        return covered


def find_calls(
    values: csc_array, threshold: float, offsets: Int[np.ndarray, " n_proteins_plus_1"]
) -> Calls:
    """The calls of one feature.

    Args:
        values: Its values, one column [n_residues, 1].
        threshold: A residue is called above it.
        offsets: Protein i has the rows `offsets[i]` to `offsets[i + 1]`.
    """
    values.sort_indices()
    above = values.data > np.float32(threshold)
    row, value = values.indices[above].astype(np.int64), values.data[above]
    if len(row) == 0:
        return Calls(row, row, value)
    protein = np.searchsorted(offsets, row, side="right")
    starts_call = (np.diff(row, prepend=-2) > 1) | (np.diff(protein, prepend=-1) > 0)
    first = np.flatnonzero(starts_call)
    last = np.append(first[1:], len(row)) - 1
    return Calls(row[first], row[last] + 1, np.maximum.reduceat(value, first))


class HeldOutPrecision:
    """The fraction of true calls among held-out calls of about the same peak.

    The fraction may only rise with the peak: isotonic regression cuts the range of peaks into
    steps, each with one fraction. UniProt is not complete, so that a true call may be where nobody
    has looked: the fraction is rather too low than too high.

    Args:
        peak: Peaks of calls on held-out proteins.
        is_true: Whether each of these calls touches its concept.
    """

    def __init__(
        self, peak: Float[np.ndarray, " n_calls"], is_true: Bool[np.ndarray, " n_calls"]
    ) -> None:
        # Of calls with equal peaks the true ones come first, so that all end in one step.
        order = np.lexsort((~is_true, peak))
        if len(order) == 0:
            self._lowest, self._n_calls, self._fraction = np.zeros(1), np.zeros(1, int), np.zeros(1)
            return
        fraction = isotonic_regression(is_true[order].astype(float))
        first = np.flatnonzero(np.diff(fraction, prepend=-1.0))
        self._lowest, self._fraction = peak[order][first], fraction[first]
        self._n_calls = np.diff(first, append=len(fraction))

    def at(
        self, peak: Float[np.ndarray, " n"]
    ) -> tuple[Int[np.ndarray, " n"], Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
        """The held-out calls in each peak's step, their true fraction, and its lower bound.

        The bound is the lower end of Wilson's 95 % interval (1927); without calls it is 0.
        """
        step = np.maximum(np.searchsorted(self._lowest, peak, side="right") - 1, 0)
        n_calls, fraction = self._n_calls[step], self._fraction[step]
        n = np.maximum(n_calls, 1)
        z = ndtri(0.975)
        centre = fraction + z**2 / (2 * n)
        margin = z * np.sqrt(fraction * (1 - fraction) / n + z**2 / (4 * n**2))
        low = np.maximum((centre - margin) / (1 + z**2 / n), 0.0)
        return n_calls, fraction, np.where(n_calls > 0, low, 0.0)
