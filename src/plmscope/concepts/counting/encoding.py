"""From activations to features in buckets between thresholds, some proteins at a time."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int64
from scipy.sparse import csr_array, vstack

from plmscope.concepts.settings import CountingSettings
from plmscope.saes.encode import ActivationSource, EncodedBlock, SparseEncoder, encode_blocks

VALUES_AT_ONCE = 4_000_000
"""Blocks are handed on together once they have this many values: what is then done with them,
sparse products and sums into large tables, costs hardly more for many proteins than for few."""


class BucketedFeatures(NamedTuple):
    """Where features are on in a block, each value filed under the highest threshold it passes.

    Attributes:
        matrix: A 1 for each value above the lowest threshold, int32
            [n_residues, n_features * n_thresholds], column feature * n_thresholds + bucket.
        n_thresholds: How many buckets each feature has.
    """

    matrix: csr_array
    n_thresholds: int


def encode_in_buckets(
    source: ActivationSource,
    encoder: SparseEncoder,
    settings: CountingSettings,
    task: str,
) -> Iterator[tuple[list[str], BucketedFeatures]]:
    """Encode a store block by block, under a progress bar in residues.

    Yields:
        As `in_buckets`.
    """
    blocks = encode_blocks(source, encoder, settings.max_residues, task)
    yield from in_buckets(blocks, encoder.d_sae, settings.thresholds)


def in_buckets(
    blocks: Iterable[EncodedBlock], d_sae: int, thresholds: Sequence[float]
) -> Iterator[tuple[list[str], BucketedFeatures]]:
    """File the features of blocks between thresholds.

    Yields:
        Some proteins and their bucketed features, `VALUES_AT_ONCE` values or a block at a time.
    """
    accessions: list[str] = []
    parts: list[csr_array] = []
    n_thresholds = len(thresholds)
    for block in blocks:
        arrays = block.indices.cpu().numpy(), block.values.float().cpu().numpy()
        accessions += block.accessions
        parts.append(bucket_features(*arrays, d_sae, thresholds).matrix)
        if sum(part.nnz for part in parts) >= VALUES_AT_ONCE:
            yield accessions, BucketedFeatures(vstack(parts), n_thresholds)
            accessions, parts = [], []
    if parts:
        yield accessions, BucketedFeatures(vstack(parts), n_thresholds)


def bucket_features(
    indices: Int64[np.ndarray, "n_residues k"],
    values: Float[np.ndarray, "n_residues k"],
    n_features: int,
    thresholds: Sequence[float],
) -> BucketedFeatures:
    """Sort the values of a block into the buckets between thresholds.

    Args:
        indices: Feature numbers.
        values: Their values; those not above the lowest threshold are dropped.
        n_features: How many features there are.
        thresholds: Rising, 0 or more; compared in the precision of the values.
    """
    edges = np.asarray(thresholds, dtype=values.dtype)
    column = indices * len(edges) - 1
    for edge in edges:
        column += values > edge
    is_on = values > edges[0]
    indptr = np.concatenate([[0], is_on.sum(axis=1).cumsum()])
    on = column[is_on].astype(np.int32)
    matrix = csr_array(
        (np.ones(len(on), dtype=np.int32), on, indptr.astype(np.int32)),
        shape=(len(values), n_features * len(edges)),
    )
    return BucketedFeatures(matrix, len(edges))
