"""From activations to features in buckets between thresholds, some proteins at a time."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

import numpy as np
import torch
from jaxtyping import Float, Int64
from scipy.sparse import csr_array, vstack
from torch import Tensor

from plmscope.activations import ActivationBlock
from plmscope.concepts.settings import CountingSettings
from plmscope.progress import show_progress

VALUES_AT_ONCE = 4_000_000
"""Blocks are handed on together once they have this many values: what is then done with them,
sparse products and sums into large tables, costs hardly more for many proteins than for few."""


class ActivationSource(Protocol):
    """What can be counted over: an activation store, or a baseline that looks like one."""

    @property
    def d_model(self) -> int:
        """Width of an activation."""

    @property
    def n_residues(self) -> int:
        """Residues of all proteins."""

    def blocks(self, max_residues: int = ...) -> Iterator[ActivationBlock]:
        """Whole proteins, several at a time."""


class SparseEncoder(Protocol):
    """What turns activations into features: an SAE, or a baseline in its place."""

    @property
    def d_sae(self) -> int:
        """How many features there are."""

    def encode_sparse(
        self, x: Float[Tensor, "n_residues d_model"]
    ) -> tuple[Int64[Tensor, "n_residues k"], Float[Tensor, "n_residues k"]]:
        """Feature numbers and values of each residue, padded with value 0; `x` may be anywhere."""


class BucketedFeatures(NamedTuple):
    """Where features are on in a block, each value filed under the highest threshold it passes.

    Attributes:
        matrix: A 1 for each value above the lowest threshold, int32
            [n_residues, n_features * n_thresholds], column feature * n_thresholds + bucket.
        n_thresholds: How many buckets each feature has.
    """

    matrix: csr_array
    n_thresholds: int


@torch.inference_mode()
def encode_blocks(
    store: ActivationSource,
    encoder: SparseEncoder,
    settings: CountingSettings,
    task: str,
) -> Iterator[tuple[list[str], BucketedFeatures]]:
    """Encode a store block by block, under a progress bar in residues.

    Yields:
        Some proteins and their bucketed features, `VALUES_AT_ONCE` values or a block at a time.
    """
    accessions: list[str] = []
    parts: list[csr_array] = []
    n_thresholds = len(settings.thresholds)
    with show_progress(task, store.n_residues, "residue") as progress:
        for block in store.blocks(settings.max_residues):
            indices, values = encoder.encode_sparse(block.x)
            arrays = indices.cpu().numpy(), values.float().cpu().numpy()
            accessions += block.accessions
            parts.append(bucket_features(*arrays, encoder.d_sae, settings.thresholds).matrix)
            progress.update(len(block.x))
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
