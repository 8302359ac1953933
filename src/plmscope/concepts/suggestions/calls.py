"""Calls: stretches of residues where a feature says that its concept is.

A feature often fires on parts of a domain only. Stretches that together are no longer than the
concept's instances usually are (`longest_instances`) are fragments of one instance, and one call.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int
from scipy.sparse import csc_array

from plmscope.concepts.labels import expand
from plmscope.proteins.feature_types import is_pooled

USUAL_LENGTH = 0.9
"""So large a fraction of a concept's instances is no longer than a call of fragments may be."""


class Calls(NamedTuple):
    """Where the features of some pairs are above their thresholds, ordered by pair and place.

    Attributes:
        pair: The pair of each call, by its number.
        start: First row of each call.
        stop: One past its last row.
        peak: The feature's highest value in it.
    """

    pair: Int[np.ndarray, " n_calls"]
    start: Int[np.ndarray, " n_calls"]
    stop: Int[np.ndarray, " n_calls"]
    peak: Float[np.ndarray, " n_calls"]

    def of_pair(self, pair: int) -> "Calls":
        """The calls of one pair."""
        first, last = np.searchsorted(self.pair, [pair, pair + 1])
        return Calls(*(column[first:last] for column in self))

    def touch(self, marked: Bool[np.ndarray, " n_residues"]) -> Bool[np.ndarray, " n_calls"]:
        """Whether each call has a marked residue."""
        before = np.concatenate([[0], marked.cumsum()])
        return before[self.stop] > before[self.start]

    def cover(
        self, chosen: Bool[np.ndarray, " n_calls"], n_residues: int
    ) -> Bool[np.ndarray, " n_residues"]:
        """The residues of the chosen calls."""
        covered = np.zeros(n_residues, dtype=bool)
        covered[expand(self.start[chosen], self.stop[chosen])[0]] = True
        return covered


def longest_instances(annotations: pd.DataFrame, concepts: "pd.Series[str]") -> pd.Series:
    """How long the instances of each concept usually are: the length that nine of ten do not pass.

    Args:
        annotations: The `annotations` of valid: test has no part in what makes a call.
        concepts: Names of concepts, pooled ones ("Domain: any") among them.

    Returns:
        Residues by concept; 1, so that nothing is joined, where there is no instance.
    """
    length = annotations["end"] - annotations["start"] + 1
    of_concept = length.groupby(annotations["concept"]).quantile(USUAL_LENGTH)
    return of_concept.reindex(concepts).fillna(1).astype(int)


def find_calls(
    values: csc_array,
    thresholds: Float[np.ndarray, " n_pairs"],
    longest: Int[np.ndarray, " n_pairs"],
    offsets: Int[np.ndarray, " n_proteins_plus_1"],
) -> Calls:
    """The calls of some pairs.

    Within a protein the stretches of consecutive residues above the threshold are gone through
    from the first on; one that ends within `longest` residues of the start of the call before it
    belongs to that call.

    Args:
        values: The value of each pair's feature, [n_residues, n_pairs].
        thresholds: A residue is called above it.
        longest: The most residues that the fragments of one call may span, see
            `longest_instances`.
        offsets: Protein i has the rows `offsets[i]` to `offsets[i + 1]`.
    """
    values.sort_indices()
    column = np.repeat(np.arange(values.shape[1]), np.diff(values.indptr))
    above = values.data > thresholds.astype(np.float32)[column]
    pair, value = column[above], values.data[above]
    row = values.indices[above].astype(np.int64)
    if len(row) == 0:
        return Calls(pair, row, row, value)
    protein = np.searchsorted(offsets, row, side="right")
    place = pair * (len(offsets) + 1) + protein  # a pair in a protein
    starts = (np.diff(row, prepend=-2) != 1) | (np.diff(place, prepend=-1) != 0)
    first = np.flatnonzero(starts)
    stop = row[np.append(first[1:], len(row)) - 1] + 1
    heads = _heads(place[first], row[first], stop, longest[pair[first]])
    last = np.append(heads[1:], len(first)) - 1
    return Calls(
        pair[first[heads]],
        row[first[heads]],
        stop[last],
        np.maximum.reduceat(value, first[heads]),
    )


def drop_general(calls: pd.DataFrame) -> pd.DataFrame:
    """Leave out calls of a pooled concept where one of its sub-concepts is called.

    Args:
        calls: protein, concept, category, start and end (inclusive).

    Returns:
        The other rows, in the same order: "Domain: any" is gone where "Domain: SH3" shares a
        residue with it.
    """
    is_general = is_pooled(calls["concept"])
    keys = ["protein", "category"]
    general = calls.loc[is_general, [*keys, "start", "end"]].assign(row=calls.index[is_general])
    both = general.merge(calls.loc[~is_general, [*keys, "start", "end"]], on=keys)
    overlap = (both["start_x"] <= both["end_y"]) & (both["start_y"] <= both["end_x"])
    return calls[~calls.index.isin(both.loc[overlap, "row"])]


def _heads(
    place: Int[np.ndarray, " n_stretches"],
    start: Int[np.ndarray, " n_stretches"],
    stop: Int[np.ndarray, " n_stretches"],
    longest: Int[np.ndarray, " n_stretches"],
) -> Int[np.ndarray, " n_calls"]:
    """The stretches that begin a call; in turns, one call of each pair and protein a turn."""
    number = np.arange(len(place))
    is_new = np.diff(place, prepend=-1) != 0
    begins = np.flatnonzero(is_new)
    end_of_place = np.append(begins[1:], len(place))[is_new.cumsum() - 1]
    # Rows rise within a place but not from one to the next, so each place gets rows of its own.
    shift = place * (int(stop.max()) + 1)
    reach = np.searchsorted(shift + stop, shift + start + longest, side="right")
    follows = np.clip(reach, number + 1, end_of_place)
    heads = []
    current = begins
    while len(current):
        heads.append(current)
        after = follows[current]
        current = after[after < end_of_place[current]]
    return np.sort(np.concatenate(heads))
