"""The concepts that are called in the sequences, each call with its held-out precision."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pandas as pd
from jaxtyping import Int
from scipy.sparse import coo_array, csr_array

from plmscope.atlas import Atlas
from plmscope.concepts.counting.feature_values import values_in_block
from plmscope.concepts.suggestions.calls import drop_general, find_calls
from plmscope.executors import TaskResult
from plmscope.saes.encode import EncodedBlock

CALLS = [
    "protein", "concept", "category", "start", "end", "peak", "feature", "threshold", "precision",
    "precision_low", "n_held_out_calls",
]  # fmt: skip


class CallCollector(TaskResult):
    """Collects the calls of all pairs of an atlas while blocks stream past.

    Args:
        atlas: Says which pairs call which concept, and how precise they are.
    """

    GIVEN: ClassVar = ("_atlas", "_pairs", "_column", "_column_of")

    def __init__(self, atlas: Atlas) -> None:
        self._atlas = atlas
        self._pairs = atlas.pairs
        features, self._column = np.unique(self._pairs["feature"], return_inverse=True)
        self._column_of = np.full(atlas.sae.d_sae, -1)
        self._column_of[features] = np.arange(len(features))
        self._n_features = len(features)
        self._parts: list[pd.DataFrame] = []
        self._n_called = np.zeros(len(self._pairs), dtype=np.int64)

    def add(self, block: EncodedBlock, first_protein: int) -> None:
        """Call one block.

        Args:
            block: Whole proteins with the features of their residues.
            first_protein: The number of its first protein among all.
        """
        values = values_in_block(block, self._column_of, self._n_features)
        calls = find_calls(
            values.tocsc()[:, self._column],
            self._pairs["threshold"].to_numpy(),
            self._pairs["longest"].to_numpy(),
            block.offsets,
        )
        protein = np.searchsorted(block.offsets, calls.start, side="right") - 1
        self._n_called += np.bincount(
            calls.pair, weights=calls.stop - calls.start, minlength=len(self._pairs)
        ).astype(np.int64)
        self._parts.append(
            pd.DataFrame(
                {
                    "number": protein + first_protein,
                    "pair": calls.pair,
                    "start": calls.start - block.offsets[protein] + 1,
                    "end": calls.stop - block.offsets[protein],
                    "peak": calls.peak,
                }
            )
        )

    def merge(self, later: CallCollector) -> None:
        """Take over the calls in other proteins."""
        self._parts += later._parts
        self._n_called += later._n_called

    def to_frame(self, names: np.ndarray, folds: np.ndarray) -> pd.DataFrame:
        """All calls, by protein and place.

        Args:
            names: Of the proteins.
            folds: The part of test that each belongs to, without which its precision is stated.

        Returns:
            `CALLS`, with start and end 1-based and inclusive; a general concept is left out where
            a special one of its category is called at the same place.
        """
        found = pd.concat(self._parts, ignore_index=True)
        pairs = self._pairs[["concept", "category", "feature", "threshold"]]
        calls = found.join(pairs, on="pair")
        calls["fold"] = folds[calls["number"].to_numpy()]
        calls = drop_general(calls.assign(protein=names[calls["number"].to_numpy()]))
        calls = calls.sort_values(["number", "start", "end", "concept"], ignore_index=True)
        return self._state(calls)[CALLS]

    def called(self, n_proteins: int) -> csr_array:
        """Nonzero where a protein has a call of a pair, int32 [n_proteins, n_pairs]."""
        found = pd.concat(self._parts, ignore_index=True)
        ones = np.ones(len(found), dtype=np.int32)
        shape = (n_proteins, len(self._pairs))
        return csr_array(coo_array((ones, (found["number"], found["pair"])), shape=shape))

    @property
    def n_residues_called(self) -> Int[np.ndarray, " n_pairs"]:
        """How many residues are called by each pair."""
        return self._n_called

    def _state(self, calls: pd.DataFrame) -> pd.DataFrame:
        """Give each call the precision of held-out calls of about the same peak."""
        n, precision, low = np.zeros(len(calls), int), np.zeros(len(calls)), np.zeros(len(calls))
        groups: dict[Any, Any] = calls.groupby(["concept", "fold"]).indices
        for (concept, fold), rows in groups.items():
            held_out = self._atlas.precision_of(str(concept), int(fold))
            n[rows], precision[rows], low[rows] = held_out.at(calls["peak"].to_numpy()[rows])
        return calls.assign(n_held_out_calls=n, precision=precision, precision_low=low)
