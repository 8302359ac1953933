"""How unusual a feature's peak in a protein is, against its peaks in the proteins of the run."""

from __future__ import annotations

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from plmscope.features.settings import N_PEAK_BINS

_RATES = np.geomspace(1e-9, 10.0, 1000)
"""Among which the rate is looked for, a residue."""


class PeakBackground:
    """Says in bits how surprising a peak is in a protein of some length.

    It is what inverse document frequency is to words, with two differences. Not whether the feature
    fires counts, but whether it peaks as high. And as a long protein has more residues at which
    a feature may peak, residues are taken to exceed a height independently, at the one rate by
    which proteins of the background's lengths exceed it as often as they do: by chance a protein
    of n residues peaks so high with probability 1 - exp(-rate n), and the surprise is minus the
    base-2 logarithm of that. The peak itself counts as one more background protein.

    Args:
        peaks: Of each feature the background proteins in bins of its peak, [d_sae, n_bins].
        n_proteins: Background proteins, the feature being active or not.
        lengths: Their lengths, or quantiles of these.
    """

    def __init__(
        self,
        peaks: Int[np.ndarray, "d_sae n_bins"],
        n_proteins: int,
        lengths: Int[np.ndarray, " n_lengths"],
    ) -> None:
        n_as_high = peaks[:, ::-1].cumsum(axis=1)[:, ::-1]
        fraction = np.minimum(n_as_high + 1, n_proteins) / (n_proteins + 1)
        expected = -np.expm1(-_RATES[:, None] * lengths).mean(axis=1)
        self._rate = np.exp(np.interp(fraction, expected, np.log(_RATES)))

    @classmethod
    def of_statistics(cls, statistics: pd.DataFrame, lengths: pd.Series) -> PeakBackground:
        """The background that `feature_statistics` hold.

        Args:
            statistics: The column `peaks` is asked for.
            lengths: Residues of each protein that they were made of.
        """
        peaks = np.stack(statistics["peaks"].to_list())
        return cls(peaks, len(lengths), length_quantiles(lengths))

    def surprise(
        self,
        feature: Int[np.ndarray, " n"],
        peak: Float[np.ndarray, " n"],
        length: Int[np.ndarray, " n"],
    ) -> Float[np.ndarray, " n"]:
        """The surprise of peaks, in bits.

        Args:
            feature: The feature of each peak.
            peak: Its height, above 0.
            length: Residues of its protein.
        """
        bins = np.minimum((peak * N_PEAK_BINS).astype(np.int64), N_PEAK_BINS - 1)
        by_chance = -np.expm1(-self._rate[feature, bins] * length)
        return -np.log2(by_chance)


def length_quantiles(lengths: pd.Series) -> Int[np.ndarray, " n_quantiles"]:
    """A hundred and one quantiles, which stand for the lengths of all proteins."""
    return np.quantile(lengths, np.linspace(0, 1, 101)).round().astype(np.int64)


def peak_quantiles(
    peaks: Int[np.ndarray, "d_sae n_bins"], n_proteins: int, levels: tuple[float, ...]
) -> Float[np.ndarray, "d_sae n_levels"]:
    """Quantiles of each feature's peak over all background proteins, where it is off counting as 0.

    Args:
        peaks: As `PeakBackground` takes them.
        n_proteins: Background proteins.
        levels: Of the quantiles, in (0, 1).

    Returns:
        The upper edge of the bin in which each quantile lies, or 0.
    """
    n_below = (n_proteins - peaks.sum(axis=1, keepdims=True)) + peaks.cumsum(axis=1)
    n_off = n_proteins - peaks.sum(axis=1)
    columns = []
    for level in levels:
        edge = ((n_below < level * n_proteins).sum(axis=1) + 1) / N_PEAK_BINS
        columns.append(np.where(n_off >= level * n_proteins, 0.0, np.minimum(edge, 1.0)))
    return np.stack(columns, axis=1)
