"""From activations to features in buckets between thresholds, block by block."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

import numpy as np
import torch
from jaxtyping import Float, Int64
from scipy.sparse import csr_array
from torch import Tensor
from tqdm import tqdm

from plmscope.activations import ActivationBlock
from plmscope.concepts.settings import CountingSettings


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
        """Feature numbers and values of each residue, padded with value 0."""


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
) -> Iterator[tuple[ActivationBlock, BucketedFeatures]]:
    """The blocks of a store with their bucketed features, under a progress bar in residues."""
    with tqdm(total=store.n_residues, desc=task, unit="residue", unit_scale=True) as progress:
        for block in store.blocks(settings.max_residues):
            indices, values = encoder.encode_sparse(block.x.to(settings.device))
            arrays = indices.cpu().numpy(), values.float().cpu().numpy()
            yield block, bucket_features(*arrays, encoder.d_sae, settings.thresholds)
            progress.update(len(block.x))


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
    row, slot = np.nonzero(values > edges[0])
    bucket = np.searchsorted(edges, values[row, slot], side="left") - 1
    column = indices[row, slot] * len(edges) + bucket
    indptr = np.searchsorted(row, np.arange(len(values) + 1))
    matrix = csr_array(
        (np.ones(len(row), dtype=np.int32), column.astype(np.int32), indptr.astype(np.int32)),
        shape=(len(values), n_features * len(edges)),
    )
    return BucketedFeatures(matrix, len(edges))
