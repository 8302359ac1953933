"""The residues around a feature's peaks: at most one peak a homology cluster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from plmscope.executors import TaskResult
from plmscope.features.ranks import rank_within

if TYPE_CHECKING:
    from plmscope.features.hits import ProteinPeaks  # which needs torch

GAP = "-"
FLANK = 10
"""Residues to either side of the peak."""
_PRUNE_AT = 2_000_000
_PEAK = np.dtype(
    [
        ("feature", np.int32),
        ("cluster", np.int32),
        ("protein", np.int32),
        ("position", np.int32),
        ("peak", np.float32),
    ]
)


class PeakChooser(TaskResult):
    """Keeps, while blocks stream past, each feature's highest peaks, one a homology cluster.

    Args:
        cluster_of: The number of each protein's cluster, by accession; what is not there is left
            out.
        on: Peaks must be above it.
        n_windows: Peaks kept of each feature.
    """

    GIVEN: ClassVar = ("_cluster_of",)

    def __init__(self, cluster_of: Mapping[str, int], on: float, n_windows: int) -> None:
        self._cluster_of, self._on, self._n = cluster_of, on, n_windows
        self._accessions: list[str] = []
        self._peaks = [np.empty(0, dtype=_PEAK)]
        self._n_waiting = 0

    def add(self, accessions: list[str], peaks: ProteinPeaks) -> None:
        """Offer the peaks of one block."""
        cluster = np.array([self._cluster_of.get(name, -1) for name in accessions])
        protein = peaks.protein.numpy()
        kept = (peaks.peak.numpy() > self._on) & (cluster[protein] >= 0)
        offered = np.empty(int(kept.sum()), dtype=_PEAK)
        offered["feature"] = peaks.feature.numpy()[kept]
        offered["cluster"] = cluster[protein[kept]]
        offered["protein"] = protein[kept] + len(self._accessions)
        offered["position"] = peaks.position.numpy()[kept]
        offered["peak"] = peaks.peak.numpy()[kept]
        self._accessions += accessions
        self._wait_with(offered)

    def merge(self, later: PeakChooser) -> None:
        """Take over the peaks chosen in the proteins that follow."""
        peaks = np.concatenate(later._peaks)
        peaks["protein"] += len(self._accessions)
        self._accessions += later._accessions
        self._wait_with(peaks)

    def to_frame(self) -> pd.DataFrame:
        """The chosen peaks.

        Returns:
            `feature`, `accession`, `position` (1-based), `peak`, `rank` (1 is the highest of its
            feature).
        """
        chosen = self._prune()
        names = np.array(self._accessions, dtype=object)
        rank = rank_within(chosen["feature"]) + 1
        return pd.DataFrame(
            {
                "feature": chosen["feature"].astype(np.int64),
                "accession": names[chosen["protein"]],
                "position": chosen["position"].astype(np.int64),
                "peak": chosen["peak"],
                "rank": rank,
            }
        )

    def _wait_with(self, peaks: NDArray[np.void]) -> None:
        self._peaks.append(peaks)
        self._n_waiting += len(peaks)
        if self._n_waiting > _PRUNE_AT:
            self._prune()

    def _prune(self) -> NDArray[np.void]:
        """The highest peak of each feature in each cluster; of these the highest of each feature.

        What is dropped cannot come back: a cluster's best so far is only ever replaced by a higher
        one.
        """
        peaks = np.concatenate(self._peaks)
        order = np.lexsort((peaks["protein"], -peaks["peak"], peaks["cluster"], peaks["feature"]))
        peaks = peaks[order]
        is_first = (np.diff(peaks["feature"], prepend=-1) != 0) | (
            np.diff(peaks["cluster"], prepend=-1) != 0
        )
        best = peaks[is_first]
        best = best[np.lexsort((best["protein"], -best["peak"], best["feature"]))]
        best = best[rank_within(best["feature"]) < self._n]
        self._peaks, self._n_waiting = [best], 0
        return best


def cut_windows(peaks: pd.DataFrame, sequences: pd.Series[str], flank: int = FLANK) -> list[str]:
    """The residues around each peak.

    Args:
        peaks: accession, position.
        sequences: By accession.
        flank: Residues to either side.

    Returns:
        Text of 2 flank + 1 letters, the peak in the middle; `GAP` beyond the protein's ends.
    """
    padding = GAP * flank
    return [
        (padding + sequences[accession] + padding)[position - 1 : position + 2 * flank]
        for accession, position in zip(peaks["accession"], peaks["position"], strict=True)
    ]
