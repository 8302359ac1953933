"""Which features are on at the same residues."""

from __future__ import annotations

import numpy as np
import pandas as pd
from jaxtyping import Float, Int
from scipy.sparse import coo_array, csr_array

from plmscope.features.hits import BlockHits
from plmscope.features.ranks import rank_within

N_NEIGHBOURS = 15
N_STRONGEST = 8
"""Features counted at one residue at most: pairs, and memory, grow with the square of it."""
_ROWS_AT_ONCE = 512
_AT_ONCE = 60_000
"""Residues multiplied at once: fewer products to add up than blocks."""


class CoactivationCounts:
    """Counts, while blocks stream past, at how many residues two features are both on.

    Only pairs that occur are held, and only the `N_STRONGEST` of a residue count.

    Args:
        d_sae: Features of the SAE.
        on: A feature is on where its activation is above this fraction of its maximum.
    """

    def __init__(self, d_sae: int, on: float) -> None:
        self._d_sae, self._on = d_sae, on
        self._both = csr_array((d_sae, d_sae), dtype=np.int32)
        self._waiting: list[tuple[np.ndarray, np.ndarray]] = []
        self._n_waiting = 0

    def add(self, hits: BlockHits) -> None:
        """Count one block."""
        is_on = (hits.value > self._on).numpy()
        lengths = hits.lengths.numpy()
        first = np.concatenate([[0], lengths.cumsum()])[hits.protein.numpy()[is_on]]
        row = first + hits.position.numpy()[is_on] - 1
        kept = strongest(row, hits.value.numpy()[is_on], N_STRONGEST)
        self._waiting.append((row[kept] + self._n_waiting, hits.feature.numpy()[is_on][kept]))
        self._n_waiting += int(lengths.sum())
        if self._n_waiting >= _AT_ONCE:
            self._multiply()

    def merge(self, later: CoactivationCounts) -> None:
        """Add what was counted in other proteins."""
        self._both = self._both + later.counts()

    def _multiply(self) -> None:
        row, feature = (np.concatenate(parts) for parts in zip(*self._waiting, strict=True))
        ones = np.ones(len(row), dtype=np.int32)
        shape = (self._n_waiting, self._d_sae)
        is_on = csr_array(coo_array((ones, (row, feature)), shape=shape))
        self._both = self._both + is_on.T @ is_on
        self._waiting, self._n_waiting = [], 0

    def counts(self) -> csr_array:
        """Residues where both are on, int32 [d_sae, d_sae]; on the diagonal, where one is."""
        if self._waiting:
            self._multiply()
        return csr_array(self._both)


def coactivation_neighbours(both: csr_array, n: int = N_NEIGHBOURS) -> pd.DataFrame:
    """The features most often on where each feature is.

    Two features that are on at a and b residues, and both at c, have the similarity c / √(a b): the
    cosine of the two as vectors of zeros and ones (Ochiai 1957).

    Args:
        both: As of `CoactivationCounts.counts`.
        n: Neighbours wanted.

    Returns:
        `feature`; `co_active`, its neighbours, nearest first; `co_activation`, their similarities.
        Fewer than n, or none, where it shares no residue with so many.
    """
    root = np.sqrt(np.maximum(both.diagonal(), 1).astype(np.float32))
    near: list[np.ndarray] = []
    how: list[np.ndarray] = []
    for start in range(0, both.shape[0], _ROWS_AT_ONCE):
        part = both[start : start + _ROWS_AT_ONCE]
        row = np.repeat(np.arange(part.shape[0]), np.diff(part.indptr))
        apart = part.indices != row + start
        row, other = row[apart], part.indices[apart]
        similarity = part.data[apart] / (root[row + start] * root[other])
        order = np.lexsort((other, -similarity, row))
        row, other, similarity = row[order], other[order], similarity[order]
        kept = rank_within(row) < n
        bounds = np.searchsorted(row[kept], np.arange(1, part.shape[0]))
        near += np.split(other[kept].astype(np.int64), bounds)
        how += np.split(similarity[kept].astype(np.float32), bounds)
    return pd.DataFrame(
        {"feature": np.arange(both.shape[0]), "co_active": near, "co_activation": how}
    )


def strongest(
    row: Int[np.ndarray, " n"], value: Float[np.ndarray, " n"], n: int
) -> Int[np.ndarray, " n_kept"]:
    """Where the n highest values of each row are.

    Args:
        row: Of each value, rising.
        value: Any.
        n: Wanted of each row.
    """
    if len(row) == 0 or np.bincount(row).max() <= n:
        return np.arange(len(row))
    order = np.lexsort((-value, row))
    return np.sort(order[rank_within(row) < n])
