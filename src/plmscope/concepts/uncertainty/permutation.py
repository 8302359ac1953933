"""Whether a feature and a concept coincide more often than if the labels lay anywhere.

The null moves all labels of a protein round by a random number of residues (`draw_shifts`), which
keeps how labels and features clump and breaks only where they meet. A pair's statistic is tp, its
overlap on test at the threshold frozen on valid: with the numbers of labelled residues and of
residues where the feature is on both fixed, precision, recall and F1 per residue all rise with it.

A few hundred permutations cannot tell p-values of millionths for one pair alone. So each overlap is
first turned into an approximate tail probability, by a gamma distribution of the overlap's exact
mean and variance under rotation, which makes pairs comparable; then the permuted values of all
pairs together say how often that approximation is reached by chance (the pooled null of Storey &
Tibshirani 2003, doi 10.1073/pnas.1530509100). The p-values are thus calibrated over the pairs taken
together even where the gamma approximation is off.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Float, Int, Int32
from scipy.fft import rfft
from scipy.sparse import csr_array
from scipy.special import gammaincc
from scipy.stats import false_discovery_control

from plmscope.concepts.amino_acids import is_amino_acid
from plmscope.concepts.counting.encoding import BucketedFeatures, encode_in_buckets
from plmscope.concepts.counting.labelled_features import LabelledFeatures
from plmscope.concepts.labels import ConceptLabels, draw_shifts, expand
from plmscope.concepts.settings import CountingSettings, UncertaintySettings
from plmscope.saes.encode import SparseEncoder
from plmscope.threads import map_in_threads

MAX_LOG_P, LOG_P_STEP = 300.0, 0.01
"""Approximate tail probabilities are pooled as a histogram of their -log10."""


class Moments(NamedTuple):
    """Mean and variance of each pair's overlap when every protein's labels are rotated.

    Attributes:
        mean: [n_pairs].
        variance: [n_pairs], as if proteins were rotated independently.
    """

    mean: Float[np.ndarray, " n_pairs"]
    variance: Float[np.ndarray, " n_pairs"]


class PairIndex(NamedTuple):
    """Where the tested pairs are among all concepts, features and thresholds.

    Attributes:
        concept: Concept number of each pair.
        column: feature * n_thresholds + threshold of each pair.
        pair_of: The pair of a concept and a feature, else -1, [n_concepts, n_features].
    """

    concept: Int[np.ndarray, " n_pairs"]
    column: Int[np.ndarray, " n_pairs"]
    pair_of: Int32[np.ndarray, "n_concepts n_features"]


def assess_significance(
    labelled: LabelledFeatures,
    cluster_of: pd.Series,
    pairs: pd.DataFrame,
    counting: CountingSettings,
    settings: UncertaintySettings,
) -> pd.DataFrame:
    """Give each pair a p-value, and a q-value among all pairs tested.

    Args:
        labelled: The features of the test split, and their labels.
        cluster_of: Homology cluster by accession.
        pairs: concept, category, feature, threshold, test_tp; one row a pair.
        counting: Thresholds, block size.
        settings: Number of permutations, seed.

    Returns:
        p_value and q_value by row of `pairs`. q-values are Benjamini & Hochberg's, over all pairs
        of annotated concepts and, apart from them, over all pairs of amino acids.
    """
    overlaps, moments = permute_overlaps(labelled, cluster_of, pairs, counting, settings)
    result = pd.DataFrame({"p_value": 1.0, "q_value": 1.0}, index=pairs.index)
    observed = pairs["test_tp"].to_numpy()
    is_baseline = is_amino_acid(pairs).to_numpy()
    for family in (is_baseline, ~is_baseline):
        if family.any():
            of_family = Moments(*(part[family] for part in moments))
            # Row by row: a copy of all permutations would be gigabytes at 10,240 features.
            permuted = (row[family] for row in overlaps)
            p_value = pooled_p_values(observed[family], permuted, of_family)
            result.loc[family, "p_value"] = p_value
            result.loc[family, "q_value"] = false_discovery_control(p_value)
    return result


def permute_overlaps(
    labelled: LabelledFeatures,
    cluster_of: pd.Series,
    pairs: pd.DataFrame,
    counting: CountingSettings,
    settings: UncertaintySettings,
) -> tuple[Int32[np.ndarray, "n_permutations n_pairs"], Moments]:
    """The overlaps of all pairs under random rotations, and their exact moments, in one pass.

    Each block is encoded once; a rotation then only rewrites the row numbers of the labels before
    their sparse product with the features.
    """
    source, encoder, labels = labelled
    if pairs.empty:
        return np.zeros((settings.n_permutations, 0), dtype=np.int32), Moments(*np.zeros((2, 0)))
    index = _index_pairs(labels, encoder, pairs, counting)
    clusters, _ = pd.factorize(cluster_of.loc[labels.accessions])
    shifts = draw_shifts(np.diff(labels.offsets), clusters, settings.n_permutations, settings.seed)
    number_of = pd.Series(range(len(labels.accessions)), labels.accessions)
    overlaps = np.zeros((settings.n_permutations, len(pairs)), dtype=np.int32)
    moments = np.zeros((2, len(labels.concepts), encoder.d_sae * len(counting.thresholds)))
    for accessions, features in encode_in_buckets(source, encoder, counting, "permuting labels"):
        of_some = labels.select(accessions)
        of_proteins = number_of.loc[accessions].to_numpy()
        _add_permuted_overlaps(overlaps, of_some, features, shifts[:, of_proteins], index)
        _add_moments(moments, of_some, features)
    return overlaps, Moments(*moments[:, index.concept, index.column])


def pooled_p_values(
    observed: Int[np.ndarray, " n_pairs"],
    permuted: Iterable[Int32[np.ndarray, " n_pairs"]],
    moments: Moments,
) -> Float[np.ndarray, " n_pairs"]:
    """How often the permuted overlaps of all pairs are as improbable as each observed one.

    Args:
        observed: Overlaps.
        permuted: Overlaps of the same pairs under the null, a permutation at a time.
        moments: Of the same pairs under the null.

    Returns:
        (1 + permuted values at least as improbable) / (1 + permuted values).
    """
    pool = pool_log_p(log_p_steps(overlaps, moments) for overlaps in permuted)
    return p_values_in_pool(log_p_steps(observed, moments), pool)


def log_p_steps(
    overlaps: Int[np.ndarray, " n_pairs"], moments: Moments
) -> Int[np.ndarray, " n_pairs"]:
    """-log10 of the gamma tail probability of each overlap, in steps of `LOG_P_STEP`.

    An overlap no larger than its mean counts as p = 1: 0.
    """
    steps = np.zeros(len(overlaps), dtype=np.int64)
    varies = moments.variance > 1e-9 * moments.mean
    possible = np.flatnonzero((overlaps > moments.mean) & varies)
    mean, variance = moments.mean[possible], moments.variance[possible]
    # Overlaps are whole numbers: half a unit less is where a continuous tail begins.
    tail = gammaincc(mean**2 / variance, (overlaps[possible] - 0.5) * mean / variance)
    steps[possible] = -np.log10(np.maximum(tail, 10.0**-MAX_LOG_P)) / LOG_P_STEP
    return steps


def pool_log_p(rows: Iterable[Int[np.ndarray, " n_pairs"]]) -> Int[np.ndarray, " n_bins"]:
    """How many values of all rows have each step of -log10 p."""
    pool = np.zeros(round(MAX_LOG_P / LOG_P_STEP) + 1, dtype=np.int64)
    for steps in rows:
        pool += np.bincount(steps, minlength=len(pool))
    return pool


def p_values_in_pool(
    steps: Int[np.ndarray, " n_pairs"], pool: Int[np.ndarray, " n_bins"]
) -> Float[np.ndarray, " n_pairs"]:
    """The fraction of a pool, and of the value itself, that is at least as improbable."""
    at_least = pool[::-1].cumsum()[::-1]
    return (1 + at_least[steps]) / (1 + pool.sum())


def _index_pairs(
    labels: ConceptLabels, encoder: SparseEncoder, pairs: pd.DataFrame, settings: CountingSettings
) -> PairIndex:
    concept = pd.Index(labels.concepts["concept"]).get_indexer(pd.Index(pairs["concept"]))
    feature = pairs["feature"].to_numpy()
    threshold = np.searchsorted(settings.thresholds, pairs["threshold"])
    pair_of = np.full((len(labels.concepts), encoder.d_sae), -1, dtype=np.int32)
    pair_of[concept, feature] = np.arange(len(pairs))
    return PairIndex(concept, feature * len(settings.thresholds) + threshold, pair_of)


def _add_permuted_overlaps(
    overlaps: Int32[np.ndarray, "n_permutations n_pairs"],
    labels: ConceptLabels,
    features: BucketedFeatures,
    shifts: Int[np.ndarray, "n_permutations n_proteins"],
    index: PairIndex,
) -> None:
    """Add what each permutation overlaps in some proteins."""
    by_concept = labels.residues.T.tocsr()
    lengths = np.diff(labels.offsets)
    protein = np.repeat(np.arange(len(lengths)), lengths)[by_concept.indices]
    start, length = labels.offsets[protein], lengths[protein]
    place = by_concept.indices - start

    def add(permutation: int) -> None:
        moved = place + shifts[permutation, protein]
        rows = (start + moved % length).astype(np.int32)
        rotated = csr_array((by_concept.data, rows, by_concept.indptr), shape=by_concept.shape)
        _add_overlaps(
            overlaps[permutation], rotated @ features.matrix, index, features.n_thresholds
        )

    # Threads, since scipy's products let go of Python's lock.
    for _ in map_in_threads(add, range(len(shifts))):
        pass


def _add_overlaps(
    counts: Int32[np.ndarray, " n_pairs"],
    in_buckets: csr_array,
    index: PairIndex,
    n_thresholds: int,
) -> None:
    """Add the overlaps in the buckets from each pair's threshold up."""
    concept = np.repeat(np.arange(in_buckets.shape[0]), np.diff(in_buckets.indptr))
    pair = index.pair_of[concept, in_buckets.indices // n_thresholds]
    counted = (pair >= 0) & (in_buckets.indices >= index.column[pair])
    np.add.at(counts, pair[counted], in_buckets.data[counted])


def _add_moments(
    moments: Float[np.ndarray, "2 n_concepts n_columns"],
    labels: ConceptLabels,
    features: BucketedFeatures,
) -> None:
    """Add each protein's mean and variance of the overlap over all its rotations.

    The overlap as a function of the rotation is a circular cross-correlation, whose mean square
    is, by Parseval's theorem, (1 / L^2) sum_k |X_k|^2 |Y_k|^2 with X and Y the Fourier transforms
    of feature and label; the term k = 0 is the squared mean.
    """
    for start, stop in zip(labels.offsets[:-1], labels.offsets[1:], strict=True):
        column, on = _thresholded(features, start, stop)
        label = labels.residues[start:stop].T.tocsr()
        concept = np.flatnonzero(np.diff(label.indptr))
        x, y = (np.abs(rfft(part, axis=1)) ** 2 for part in (on, label[concept].toarray()))
        length = stop - start
        twice = np.full(x.shape[1], 2.0, dtype=np.float32)
        twice[0] = 0.0
        if length % 2 == 0:
            twice[-1] = 1.0
        cells = np.ix_(concept, column)
        moments[0][cells] += np.sqrt(np.outer(y[:, 0], x[:, 0])) / length
        moments[1][cells] += (y * twice) @ x.T / length**2


def _thresholded(
    features: BucketedFeatures, start: int, stop: int
) -> tuple[Int[np.ndarray, " n_columns"], Float[np.ndarray, "n_columns n_rows"]]:
    """Where features are on at each threshold in some rows, and the columns that are ever on."""
    rows = features.matrix[start:stop].tocoo()
    bucket = rows.col % features.n_thresholds
    feature, place = np.unique(rows.col // features.n_thresholds, return_inverse=True)
    n_thresholds = np.zeros(len(feature), dtype=np.int64)
    np.maximum.at(n_thresholds, place, bucket + 1)
    first = n_thresholds.cumsum() - n_thresholds
    on_column, value = expand(first[place], first[place] + bucket + 1)
    on = np.zeros((n_thresholds.sum(), stop - start), dtype=np.float32)
    on[on_column, rows.row[value]] = 1
    first_column = feature * features.n_thresholds
    return expand(first_column, first_column + n_thresholds)[0], on
