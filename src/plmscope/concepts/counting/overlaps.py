"""Counting where features are on against where concepts are, for all thresholds in one pass."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int64
from scipy.sparse import csr_array

from plmscope.concepts.counting.counts import TOTALS, OverlapCounts
from plmscope.concepts.counting.encoding import BucketedFeatures, encode_in_buckets
from plmscope.concepts.counting.labelled_features import LabelledFeatures
from plmscope.concepts.labels import ConceptLabels
from plmscope.concepts.settings import CountingSettings

PROTEINS_AT_ONCE = 256


def count_overlaps(
    labelled: LabelledFeatures,
    thresholds: Sequence[float],
    *,
    max_residues: int = 8192,
) -> OverlapCounts:
    """Count overlaps of all features with all concepts at all thresholds, in one streamed pass.

    Each value of a feature falls in the bucket of the highest threshold it passes, so that one
    sparse product of labels with bucketed features counts every threshold at once; sums over the
    buckets above a threshold then give the counts at that threshold. Nothing dense of residues ×
    features is held beyond the encoder's block.

    Args:
        labelled: The features of the proteins to count over, and their labels.
        thresholds: Rising, 0 or more.
        max_residues: Residues encoded at once.
    """
    source, encoder, labels = labelled
    settings = CountingSettings(thresholds=tuple(thresholds), max_residues=max_residues)
    n_concepts, n_thresholds = len(labels.concepts), len(thresholds)
    n_annotated = labels.n_annotated_concepts
    shape = (n_concepts, encoder.d_sae * n_thresholds)
    n_active = np.zeros(shape[1], dtype=np.int64)
    tp, n_active_annotated, hit = (np.zeros(shape, dtype=np.int64) for _ in range(3))
    totals = {name: np.zeros(n_concepts, dtype=np.int64) for name in TOTALS}
    for accessions, features in encode_in_buckets(source, encoder, settings, "counting overlaps"):
        of_some = labels.select(accessions)
        for name, total in totals.items():
            total += getattr(of_some, name)
        n_active += np.bincount(features.matrix.indices, minlength=len(n_active))
        _add(tp, of_some.residues.T.tocsr() @ features.matrix)
        _count_in_annotated_proteins(n_active_annotated[:n_annotated], of_some, features.matrix)
        _count_instances_hit(hit, of_some, features)
    for counts in (n_active[None], tp, n_active_annotated, hit):
        _sum_buckets_above(counts, n_thresholds)
    np.copyto(hit, tp, where=~labels.is_span_level[:, None])
    n_active_annotated[n_annotated:] = n_active  # of amino acids, every protein is annotated
    cube = (n_concepts, encoder.d_sae, n_thresholds)
    return OverlapCounts(
        labels.concepts.assign(**totals),
        settings.thresholds,
        source.n_residues,
        n_active.reshape(cube[1:]),
        tp.reshape(cube),
        n_active_annotated.reshape(cube),
        hit.reshape(cube),
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
