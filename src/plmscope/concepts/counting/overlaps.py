"""Counting where features are on against where concepts are, for all thresholds in one pass."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Int64
from scipy.sparse import csr_array

from plmscope.concepts.counting.counts import TOTALS, OverlapCounts
from plmscope.concepts.counting.encoding import BucketedFeatures, in_buckets
from plmscope.concepts.counting.labelled_features import LabelledFeatures
from plmscope.concepts.labels import ConceptLabels
from plmscope.concepts.settings import CountingSettings
from plmscope.saes.encode import EncodedBlock
from plmscope.saes.passes import BlockCounter, count_in_pass

PROTEINS_AT_ONCE = 256


def count_overlaps(labelled: LabelledFeatures, settings: CountingSettings) -> OverlapCounts:
    """Count overlaps of all features with all concepts at all thresholds, in one streamed pass.

    Each value of a feature falls in the bucket of the highest threshold it passes, so that one
    sparse product of labels with bucketed features counts every threshold at once; sums over the
    buckets above a threshold then give the counts at that threshold. Nothing dense of residues ×
    features is held beyond the encoder's block.

    Args:
        labelled: The features of the proteins to count over, and their labels.
        settings: Thresholds, block size, executor.
    """
    source, encoder, labels = labelled
    make_counter = _MakeCounter(labels, encoder.d_sae, settings.thresholds)
    counted = count_in_pass(source, encoder, make_counter, settings, "counting overlaps")
    return counted.at_thresholds(source.n_residues)


@dataclass(frozen=True)
class _MakeCounter:
    labels: ConceptLabels
    d_sae: int
    thresholds: tuple[float, ...]

    def __call__(self, first_protein: int) -> "_BucketCounter":
        del first_protein
        return _BucketCounter(self.labels, self.d_sae, self.thresholds)


class _BucketCounter(BlockCounter):
    """What `OverlapCounts` counts, of the buckets between thresholds."""

    GIVEN: ClassVar = ("_labels",)

    def __init__(self, labels: ConceptLabels, d_sae: int, thresholds: tuple[float, ...]) -> None:
        self._labels, self._d_sae, self._thresholds = labels, d_sae, thresholds
        shape = (len(labels.concepts), d_sae * len(thresholds))
        self._n_active = np.zeros(shape[1], dtype=np.int64)
        self._tp, self._n_active_annotated, self._hit = (
            np.zeros(shape, dtype=np.int64) for _ in range(3)
        )
        self._totals = {name: np.zeros(shape[0], dtype=np.int64) for name in TOTALS}

    def count(self, blocks: Iterable[EncodedBlock]) -> None:
        """Count some blocks."""
        annotated = self._n_active_annotated[: self._labels.n_annotated_concepts]
        for accessions, features in in_buckets(blocks, self._d_sae, self._thresholds):
            of_some = self._labels.select(accessions)
            for name, total in self._totals.items():
                total += getattr(of_some, name)
            self._n_active += np.bincount(features.matrix.indices, minlength=len(self._n_active))
            _add(self._tp, of_some.residues.T.tocsr() @ features.matrix)
            _count_in_annotated_proteins(annotated, of_some, features.matrix)
            _count_instances_hit(self._hit, of_some, features)

    def merge(self, later: "_BucketCounter") -> None:
        """Add up."""
        self._n_active += later._n_active
        self._tp += later._tp
        self._n_active_annotated += later._n_active_annotated
        self._hit += later._hit
        for name, total in self._totals.items():
            total += later._totals[name]

    def at_thresholds(self, n_residues: int) -> OverlapCounts:
        """What was counted above each threshold; once, since the sums are made in place.

        Args:
            n_residues: Of all proteins counted.
        """
        labels, n_thresholds = self._labels, len(self._thresholds)
        for counts in (self._n_active[None], self._tp, self._n_active_annotated, self._hit):
            _sum_buckets_above(counts, n_thresholds)
        np.copyto(self._hit, self._tp, where=~labels.is_span_level[:, None])
        # Of amino acids, every protein is annotated.
        self._n_active_annotated[labels.n_annotated_concepts :] = self._n_active
        cube = (len(labels.concepts), self._d_sae, n_thresholds)
        return OverlapCounts(
            labels.concepts.assign(**self._totals),
            self._thresholds,
            n_residues,
            self._n_active.reshape(cube[1:]),
            self._tp.reshape(cube),
            self._n_active_annotated.reshape(cube),
            self._hit.reshape(cube),
        )


def _add(counts: Int64[np.ndarray, "n_rows n_columns"], increments: csr_array) -> None:
    """Add a sparse matrix to a dense one in place."""
    row = np.repeat(np.arange(len(counts)), np.diff(increments.indptr))
    cell = row * counts.shape[1] + increments.indices
    np.add.at(counts.reshape(-1), cell, increments.data.astype(np.int64))


def _count_in_annotated_proteins(
    counts: Int64[np.ndarray, "n_annotated_concepts n_columns"],
    labels: ConceptLabels,
    features: csr_array,
) -> None:
    """Count the residues where a feature is on in the proteins that carry each concept.

    Of a whole protein, a good part of all features is on somewhere, so that proteins × features
    are dense for some proteins at a time.
    """
    by_protein = labels.in_protein @ features
    carries = (labels.in_protein @ labels.residues[:, : len(counts)]).sign()
    for start in range(0, len(labels.accessions), PROTEINS_AT_ONCE):
        some = slice(start, start + PROTEINS_AT_ONCE)
        counts += carries[some].T.tocsr() @ by_protein[some].toarray()


def _count_instances_hit(
    counts: Int64[np.ndarray, "n_concepts n_columns"],
    labels: ConceptLabels,
    features: BucketedFeatures,
) -> None:
    """Count each instance once per feature, in the highest bucket that its residues reach."""
    in_buckets = labels.instances.T.tocsr() @ features.matrix
    in_buckets.sort_indices()
    instance = np.repeat(np.arange(in_buckets.shape[0]), np.diff(in_buckets.indptr))
    pair = instance * in_buckets.shape[1] + in_buckets.indices // features.n_thresholds
    is_highest = np.diff(pair, append=-1) != 0
    concept = labels.instance_concept[instance[is_highest]]
    cell = concept * counts.shape[1] + in_buckets.indices[is_highest]
    np.add.at(counts.reshape(-1), cell, 1)


def _sum_buckets_above(counts: Int64[np.ndarray, "n_rows n_columns"], n_thresholds: int) -> None:
    """Turn counts per bucket into counts per threshold, in place."""
    for row in counts:  # one at a time, since a row stays in the processor's cache
        of_feature = row.reshape(-1, n_thresholds)
        for threshold in reversed(range(n_thresholds - 1)):
            of_feature[:, threshold] += of_feature[:, threshold + 1]
