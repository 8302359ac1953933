"""The features that stand out in the sequences, whether they have a name or not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
import pandas as pd
from jaxtyping import Int
from scipy.sparse import csr_array, vstack

from plmscope.atlas import Atlas
from plmscope.executors import TaskResult
from plmscope.features.hits import BlockHits, find_hits, find_peaks
from plmscope.features.profiles import ON, features_on, profile_of_peaks
from plmscope.saes.encode import EncodedBlock

N_FEATURES = 10
"""Features listed of each protein."""
N_PER_POSITION = 3
"""Features listed of each residue."""
N_IN_DETAIL = 100
"""Proteins, the first ones, whose residues are listed and drawn one by one."""
FEATURES = [
    "protein", "rank", "feature", "name", "peak", "position", "where", "surprise",
    "fraction_of_proteins", "known_proteins",
]  # fmt: skip
POSITIONS = ["protein", "position", "residue", "rank", "feature", "name", "activation"]


class FeatureCollector(TaskResult):
    """Collects what stands out while blocks stream past.

    Args:
        atlas: Says what is usual.
        sequences: All of them, in order.
    """

    GIVEN: ClassVar = ("_atlas", "_sequences")

    def __init__(self, atlas: Atlas, sequences: list[str]) -> None:
        self._atlas, self._sequences = atlas, sequences
        self._profiles: list[pd.DataFrame] = []
        self._listed: list[pd.DataFrame] = []
        self._positions: list[pd.DataFrame] = []
        self._hits: list[pd.DataFrame] = []
        self._on: list[csr_array] = []
        self._n_residues_on = np.zeros(atlas.sae.d_sae, dtype=np.int64)

    def add(self, block: EncodedBlock, first_protein: int) -> None:
        """Look at one block.

        Args:
            block: Whole proteins with the features of their residues.
            first_protein: The number of its first protein among all.
        """
        d_sae = self._atlas.sae.d_sae
        hits = find_hits(block)
        peaks = find_peaks(hits, d_sae)
        profile = profile_of_peaks(peaks, hits.lengths.numpy(), self._atlas.background)
        listed = profile[profile.groupby("protein").cumcount() < N_FEATURES]
        position, where = _places(hits, listed, d_sae)
        self._profiles.append(profile.assign(protein=profile["protein"] + first_protein))
        self._listed.append(
            listed.assign(protein=listed["protein"] + first_protein, position=position, where=where)
        )
        self._on.append(features_on(peaks, len(hits.lengths), d_sae))
        on = hits.value.numpy() > ON
        self._n_residues_on += np.bincount(hits.feature.numpy()[on], minlength=d_sae)
        if first_protein < N_IN_DETAIL:
            found = _as_table(hits, first_protein)
            self._hits.append(found)
            self._positions.append(_top_per_position(found))

    def merge(self, later: FeatureCollector) -> None:
        """Take over what stands out in the proteins that follow."""
        self._profiles += later._profiles
        self._listed += later._listed
        self._positions += later._positions
        self._hits += later._hits
        self._on += later._on
        self._n_residues_on += later._n_residues_on

    def listed(self, names: np.ndarray) -> pd.DataFrame:
        """The features that stand out most in each protein (`FEATURES`).

        Args:
            names: Of the proteins.
        """
        found = pd.concat(self._listed, ignore_index=True)
        known = self._atlas.features.set_index("feature")
        feature = found["feature"]
        return found.assign(
            rank=found.groupby("protein").cumcount() + 1,
            protein=names[found["protein"].to_numpy()],
            name=known["name"].loc[feature].to_numpy(),
            fraction_of_proteins=known["fraction_of_proteins"].loc[feature].to_numpy(),
            known_proteins=self._atlas.known_proteins.reindex(feature).fillna("").to_numpy(),
        )[FEATURES]

    def positions(self, names: np.ndarray) -> pd.DataFrame:
        """The strongest features of each residue of the first proteins (`POSITIONS`).

        Args:
            names: Of the proteins.
        """
        found = pd.concat(self._positions, ignore_index=True)
        protein, position = found["protein"].to_numpy(), found["position"].to_numpy()
        in_detail = self._sequences[:N_IN_DETAIL]
        first = np.cumsum([0, *map(len, in_detail)])
        letters = np.frombuffer("".join(in_detail).encode(), dtype="S1").astype(str)
        name_of = self._atlas.features.set_index("feature")["name"]
        return found.assign(
            protein=names[protein],
            residue=letters[first[protein] + position - 1],
            name=name_of.loc[found["feature"]].to_numpy(),
        )[POSITIONS]

    @property
    def profiles(self) -> pd.DataFrame:
        """Protein (its number), feature, peak, surprise."""
        return pd.concat(self._profiles, ignore_index=True)

    @property
    def on(self) -> csr_array:
        """The peaks of features that are on, [n_proteins, d_sae]."""
        return csr_array(vstack(self._on))

    @property
    def n_residues_on(self) -> Int[np.ndarray, " d_sae"]:
        """At how many residues each feature is on."""
        return self._n_residues_on

    @property
    def activations(self) -> pd.DataFrame:
        """Protein (its number), position, feature, activation in the first proteins."""
        return pd.concat(self._hits, ignore_index=True)


def _as_table(hits: BlockHits, first_protein: int) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "protein": hits.protein.numpy() + first_protein,
            "position": hits.position.numpy().astype(np.int32),
            "feature": hits.feature.numpy().astype(np.int32),
            "activation": hits.value.numpy(),
        }
    )
    return table[table["protein"] < N_IN_DETAIL]


def _top_per_position(values: pd.DataFrame) -> pd.DataFrame:
    ordered = values.sort_values(
        ["protein", "position", "activation", "feature"], ascending=[True, True, False, True]
    )
    rank = ordered.groupby(["protein", "position"]).cumcount() + 1
    return ordered.assign(rank=rank)[rank <= N_PER_POSITION]


def _places(
    hits: BlockHits, listed: pd.DataFrame, d_sae: int
) -> tuple[Int[np.ndarray, " n_listed"], list[str]]:
    """Where each listed feature peaks in its protein, and where it is above half its peak."""
    wanted = listed["protein"].to_numpy() * d_sae + listed["feature"].to_numpy()
    if not len(wanted):
        return np.zeros(0, dtype=np.int64), []
    order = np.argsort(wanted)
    cell = (hits.protein * d_sae + hits.feature).numpy()
    place = np.searchsorted(wanted[order], cell).clip(max=len(wanted) - 1)
    is_wanted = wanted[order][place] == cell
    row, position = order[place[is_wanted]], hits.position.numpy()[is_wanted]
    value = hits.value.numpy()[is_wanted]
    in_order = np.lexsort((position, row))
    row, position, value = row[in_order], position[in_order], value[in_order]
    peak = listed["peak"].to_numpy()[row]
    high = value > peak / 2
    texts = dict(_ranges(row[high], position[high]))
    peaked, first = np.unique(row[value == peak], return_index=True)
    peak_position = np.zeros(len(listed), dtype=np.int64)
    peak_position[peaked] = position[value == peak][first]
    return peak_position, [texts[number] for number in range(len(listed))]


def _ranges(
    row: Int[np.ndarray, " n"], position: Int[np.ndarray, " n"]
) -> Iterator[tuple[int, str]]:
    """Positions as text, such as "3-9, 17", for each row."""
    starts = np.flatnonzero((np.diff(position, prepend=-9) != 1) | (np.diff(row, prepend=-1) != 0))
    last = np.append(starts[1:], len(row)) - 1
    stretches: dict[int, list[str]] = {}
    for number, low, high in zip(row[starts], position[starts], position[last], strict=True):
        text = str(low) if low == high else f"{low}-{high}"
        stretches.setdefault(int(number), []).append(text)
    for number, texts in stretches.items():
        yield number, ", ".join(texts)
