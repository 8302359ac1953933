"""What stands out in each protein of the run: its most surprising features."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from jaxtyping import Float, Int
from scipy.sparse import coo_array, csr_array, vstack

from plmscope.activations import ActivationStore
from plmscope.features.background import PeakBackground
from plmscope.features.hits import ProteinPeaks, find_hits, find_peaks
from plmscope.features.settings import ReportingSettings
from plmscope.proteins.homology.cluster_counts import count_clusters
from plmscope.saes import SAE
from plmscope.saes.encode import EncodedBlock
from plmscope.saes.passes import BlockCounter, count_in_pass

PROFILE_SIZE = 64
"""Features in a protein's profile."""
ON = 0.5
"""A feature is on in a protein if it peaks above this fraction of its maximum over train."""


def profile_of_peaks(
    peaks: ProteinPeaks, lengths: Int[np.ndarray, " n_proteins"], background: PeakBackground
) -> pd.DataFrame:
    """The most surprising features of each protein of a block.

    Args:
        peaks: Of the features that are active.
        lengths: Residues of each protein.
        background: What is usual.

    Returns:
        protein (its number in the block), feature, peak, surprise (bits, float32); at most
        `PROFILE_SIZE` rows a protein, the most surprising first.
    """
    protein, feature = peaks.protein.numpy(), peaks.feature.numpy()
    peak = peaks.peak.numpy()
    surprise = background.surprise(feature, peak, lengths[protein]).astype(np.float32)
    order = np.lexsort((feature, -surprise, protein))
    first = np.searchsorted(protein, np.arange(len(lengths)))  # peaks are ordered by protein
    rank = np.arange(len(protein)) - first[protein[order]]
    kept = order[rank < PROFILE_SIZE]
    return pd.DataFrame(
        {
            "protein": protein[kept],
            "feature": feature[kept],
            "peak": peak[kept],
            "surprise": surprise[kept],
        }
    )


def profile_proteins(
    store: ActivationStore,
    sae: SAE,
    statistics: pd.DataFrame,
    proteins: pd.DataFrame,
    settings: ReportingSettings,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The profile of each protein, and in how many homology clusters each feature is on.

    Args:
        store: Activations of the proteins.
        sae: The SAE of the same PLM and layer.
        statistics: `feature_statistics` of the same store.
        proteins: accession, cluster, origin; where some are annotated, only these.
        settings: Block size, executor.

    Returns:
        accession, feature, peak, surprise of each protein's profile; and of each feature
        n_clusters_on, the clusters in which it is on (`ON`) in half the members or more, with
        n_clusters, all there are.
    """
    background = PeakBackground.of_statistics(statistics, store.index["n_rows"])
    annotated = proteins[proteins["origin"] == "annotated"]
    some = annotated if len(annotated) else proteins
    source = store.select(some["accession"])
    make_counter = _MakeCounter(background, sae.d_sae)
    counted = count_in_pass(source, sae, make_counter, settings, "profiling proteins")
    clusters = some.set_index("accession")["cluster"].loc[source.accessions].to_numpy()
    n_clusters_on = count_clusters(csr_array(vstack(counted.on)), clusters)
    profiles = pd.concat(counted.profiles, ignore_index=True)
    counts = pd.DataFrame(
        {
            "feature": np.arange(sae.d_sae),
            "n_clusters_on": n_clusters_on,
            "n_clusters": len(np.unique(clusters)),
        }
    )
    return profiles, counts


@dataclass(frozen=True)
class _MakeCounter:
    background: PeakBackground
    d_sae: int

    def __call__(self, first_protein: int) -> _ProfileCounter:
        del first_protein
        return _ProfileCounter(self)


class _ProfileCounter(BlockCounter):
    """Profiles of some proteins after the other, and the features that are on in them."""

    GIVEN: ClassVar = ("_given",)

    def __init__(self, given: _MakeCounter) -> None:
        self._given = given
        self.profiles: list[pd.DataFrame] = []
        self.on: list[csr_array] = []

    def count(self, blocks: Iterable[EncodedBlock]) -> None:
        """Profile the proteins of some blocks."""
        d_sae = self._given.d_sae
        for block in blocks:
            hits = find_hits(block)
            peaks = find_peaks(hits, d_sae)
            profile = profile_of_peaks(peaks, hits.lengths.numpy(), self._given.background)
            names = np.array(block.accessions, dtype=object)
            profile.insert(0, "accession", names[profile.pop("protein")])
            self.profiles.append(profile)
            self.on.append(features_on(peaks, len(names), d_sae))

    def merge(self, later: _ProfileCounter) -> None:
        """Put the later proteins behind those that are there."""
        self.profiles += later.profiles
        self.on += later.on


def features_on(peaks: ProteinPeaks, n_proteins: int, d_sae: int) -> csr_array:
    """The peaks of features that are on, float32 [n_proteins, d_sae]."""
    peak = peaks.peak.numpy()
    is_on = peak > ON
    protein, feature = peaks.protein.numpy()[is_on], peaks.feature.numpy()[is_on]
    return csr_array(coo_array((peak[is_on], (protein, feature)), shape=(n_proteins, d_sae)))


def as_vectors(
    protein: Int[np.ndarray, " n"],
    feature: Int[np.ndarray, " n"],
    surprise: Float[np.ndarray, " n"],
    shape: tuple[int, int],
) -> csr_array:
    """Profiles as rows of unit length, float32 [n_proteins, d_sae], whose products are cosines."""
    norm = np.sqrt(np.bincount(protein, weights=surprise.astype(float) ** 2, minlength=shape[0]))
    unit = (surprise / np.maximum(norm, 1e-12)[protein]).astype(np.float32)
    return csr_array(coo_array((unit, (protein, feature)), shape=shape))
