"""How often and how strongly each feature fires."""

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, Int
from torch import Tensor

from plmscope.features.hits import BlockHits, ProteinPeaks
from plmscope.features.settings import N_HISTOGRAM_BINS, N_PEAK_BINS


class FeatureStatistics:
    """Sums over blocks from which the statistics of every feature follow.

    Args:
        d_sae: Features of the SAE.

    Attributes:
        d_sae: The same.
    """

    def __init__(self, d_sae: int) -> None:
        self.d_sae = d_sae
        self._n_residues = 0
        self._n_proteins = 0
        self._max = torch.zeros(d_sae)
        self._sum = torch.zeros(d_sae, dtype=torch.float64)
        self._n_residues_active = torch.zeros(d_sae, dtype=torch.int64)
        self._n_proteins_active = torch.zeros(d_sae, dtype=torch.int64)
        self._sum_of_fractions = torch.zeros(d_sae, dtype=torch.float64)
        self._histogram = torch.zeros(d_sae * N_HISTOGRAM_BINS, dtype=torch.int64)
        self._peaks = torch.zeros(d_sae * N_PEAK_BINS, dtype=torch.int64)

    def add(self, hits: BlockHits, peaks: ProteinPeaks) -> None:
        """Count one block."""
        d_sae = self.d_sae
        self._n_residues += int(hits.lengths.sum())
        self._n_proteins += len(hits.lengths)
        self._max.scatter_reduce_(0, hits.feature, hits.value, "amax")
        self._sum += torch.bincount(hits.feature, weights=hits.value.double(), minlength=d_sae)
        self._n_residues_active += torch.bincount(hits.feature, minlength=d_sae)
        self._n_proteins_active += torch.bincount(peaks.feature, minlength=d_sae)
        fraction = peaks.n_active.double() / hits.lengths[peaks.protein]
        self._sum_of_fractions += torch.bincount(peaks.feature, weights=fraction, minlength=d_sae)
        self._histogram += _count_in_bins(hits.feature, hits.value, N_HISTOGRAM_BINS, d_sae)
        self._peaks += _count_in_bins(peaks.feature, peaks.peak, N_PEAK_BINS, d_sae)

    def merge(self, later: "FeatureStatistics") -> None:
        """Add what was counted in other proteins."""
        self._n_residues += later._n_residues
        self._n_proteins += later._n_proteins
        self._max = torch.maximum(self._max, later._max)
        self._sum += later._sum
        self._n_residues_active += later._n_residues_active
        self._n_proteins_active += later._n_proteins_active
        self._sum_of_fractions += later._sum_of_fractions
        self._histogram += later._histogram
        self._peaks += later._peaks

    def to_frame(self) -> pd.DataFrame:
        """The statistics, one row per feature; a feature that never fires has zeros, never NaN.

        Returns:
            Columns `feature`, `max_activation`, `mean_when_active` (mean over the residues where
            the feature is active), `n_residues_active`, `n_proteins_active`,
            `fraction_of_residues`, `fraction_of_proteins` (active at one residue or more),
            `fraction_when_present` (fraction of a protein's residues, mean over the proteins where
            the feature is active), `histogram` (active residues in `N_HISTOGRAM_BINS` bins of
            activation over [0, 1]), `peaks` (proteins where the feature is active in `N_PEAK_BINS`
            bins of its peak).
        """
        n_residues_active = self._n_residues_active.numpy()
        n_proteins_active = self._n_proteins_active.numpy()
        histogram = self._histogram.numpy().reshape(self.d_sae, N_HISTOGRAM_BINS)
        return pd.DataFrame(
            {
                "feature": np.arange(self.d_sae),
                "max_activation": self._max.numpy(),
                "mean_when_active": self._sum.numpy() / np.maximum(n_residues_active, 1),
                "n_residues_active": n_residues_active,
                "n_proteins_active": n_proteins_active,
                "fraction_of_residues": n_residues_active / max(self._n_residues, 1),
                "fraction_of_proteins": n_proteins_active / max(self._n_proteins, 1),
                "fraction_when_present": self._sum_of_fractions.numpy()
                / np.maximum(n_proteins_active, 1),
                "histogram": list(histogram),
                "peaks": list(self._peaks.numpy().reshape(self.d_sae, N_PEAK_BINS)),
            }
        )


def _count_in_bins(
    feature: Int[Tensor, " n"], value: Float[Tensor, " n"], n_bins: int, d_sae: int
) -> Int[Tensor, " n_bins_of_all"]:
    """How many values of each feature are in each bin of [0, 1]; above 1 counts as 1."""
    bins = (value * n_bins).long().clamp_max(n_bins - 1)
    return torch.bincount(feature * n_bins + bins, minlength=d_sae * n_bins)
