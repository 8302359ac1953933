"""One protein: how active features are around their peaks, along the chain and in space.

After Simon & Zou (2025), "sequential and structural features": the mean activation among the
neighbours of a feature's highest activation, beside the same where its activations are permuted.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from scipy.sparse import csr_array
from scipy.spatial import KDTree

from plmscope.structures.settings import StructureSettings

SEQUENCE, SPACE = "sequence", "space"
SEQUENCE_WITHOUT_PEAK, SPACE_BEYOND_CHAIN = "sequence_without_peak", "space_beyond_chain"
CONTACTS, CONTACTS_BEYOND_CHAIN = "contacts", "contacts_beyond_chain"
TESTS = (
    SEQUENCE,
    SPACE,
    SEQUENCE_WITHOUT_PEAK,
    SPACE_BEYOND_CHAIN,
    CONTACTS,
    CONTACTS_BEYOND_CHAIN,
)
"""The first two are the paper's: the peak itself is among its neighbours, and so are those along
the chain that are near in space for that alone. The next two leave both out. The last two ask of
the residues where the feature is on which share of their pairs is in contact: of all pairs, and of
those apart in the chain."""

Measured = dict[str, tuple[Float[np.ndarray, " n_features"], Float[np.ndarray, " n_features"]]]
"""The score of each feature and its mean under permutation, by test; NaN where there is none."""


class Neighbourhoods(NamedTuple):
    """Which residues of a protein are near each other, 1 in [n_residues, n_residues].

    Attributes:
        in_sequence: Within `StructureSettings.sequence_reach`, each with itself.
        in_space: Within `StructureSettings.contact_distance`, each with itself.
        along_chain: Within `StructureSettings.chain_reach`, none with itself.
    """

    in_sequence: csr_array
    in_space: csr_array
    along_chain: csr_array

    @property
    def n_residues(self) -> int:
        """That have a place."""
        return int(self.in_space.shape[0])


def find_neighbours(
    position: Int[np.ndarray, " n"], ca: Float[np.ndarray, "n 3"], settings: StructureSettings
) -> Neighbourhoods:
    """Which residues of a protein are near each other.

    Args:
        position: Of the residues that have a place.
        ca: Their Cα, Å.
        settings: What is near.
    """
    n, line = len(position), position[:, None].astype(float)
    return Neighbourhoods(
        _within(line, settings.sequence_reach) + _diagonal(n),
        _within(ca, settings.contact_distance) + _diagonal(n),
        _within(line, settings.chain_reach),
    )


def measure_features(
    values: csr_array,
    peaks: Int[np.ndarray, " n_features"],
    near: Neighbourhoods,
    on_above: float,
    n_permutations: int,
    rng: np.random.Generator,
) -> Measured:
    """All tests of some features in one protein.

    Permutations of the last two tests are rotations of the chain, so that residues next to each
    other stay so: a stretch along the chain counts for nothing by itself.

    Args:
        values: Their activations, [n_features, n_residues].
        peaks: The place of the highest one of each.
        near: The protein's neighbourhoods.
        on_above: From which activation on a feature is on.
        n_permutations: Of each kind.
        rng: Of the permutations.
    """
    n = near.n_residues
    orders = [rng.permutation(n) for _ in range(n_permutations)]
    rotations = [np.roll(np.arange(n), shift) for shift in rng.integers(1, n, n_permutations)]
    beyond = near.in_space - near.in_space.multiply(near.along_chain) - _diagonal(n)
    others = near.in_sequence - _diagonal(n)
    measured = {
        SEQUENCE: _around_peak(values, peaks, near.in_sequence, orders),
        SPACE: _around_peak(values, peaks, near.in_space, orders),
        SEQUENCE_WITHOUT_PEAK: _around_peak(values, peaks, others, orders, spare_peak=True),
        SPACE_BEYOND_CHAIN: _around_peak(values, peaks, beyond, orders, spare_peak=True),
    }
    on = csr_array(values > on_above).astype(np.float64)
    contacts = near.in_space - _diagonal(n)
    none = csr_array((n, n))
    for test, touching, apart in (
        (CONTACTS, contacts, none),
        (CONTACTS_BEYOND_CHAIN, beyond, near.along_chain),
    ):
        score = _share_in_contact(on, touching, apart)
        turned = [_share_in_contact(on[:, order], touching, apart) for order in rotations]
        measured[test] = (score, _mean(turned))
    return measured


def _around_peak(
    values: csr_array,
    peaks: Int[np.ndarray, " n_features"],
    near: csr_array,
    orders: list[Int[np.ndarray, " n"]],
    *,
    spare_peak: bool = False,
) -> tuple[Float[np.ndarray, " n_features"], Float[np.ndarray, " n_features"]]:
    """The mean activation among a peak's neighbours, and the same under permutation.

    With `spare_peak` the peak is none of its neighbours and keeps its place under permutation.
    """
    neighbours = near[peaks]
    n = neighbours.sum(axis=1)
    n_or_nan = np.where(n > 0, n, np.nan)
    features = np.arange(len(peaks))
    permuted = []
    for order in orders:
        total = neighbours.multiply(values[:, order]).sum(axis=1)
        if spare_peak:  # what would go to the peak's place goes where the peak would go
            place = np.argsort(order)[peaks]
            moved = values[features, order[peaks]] - values[features, peaks]
            total = total + neighbours[features, place] * moved
        permuted.append(total / n_or_nan)
    return neighbours.multiply(values).sum(axis=1) / n_or_nan, _mean(permuted)


def _share_in_contact(
    on: csr_array, contacts: csr_array, left_out: csr_array
) -> Float[np.ndarray, " n_features"]:
    """Of the pairs of residues where a feature is on, the share that is in contact."""
    n_on = on.sum(axis=1)
    n_pairs = n_on * (n_on - 1) / 2 - on.multiply(on @ left_out).sum(axis=1) / 2
    n_contacts = on.multiply(on @ contacts).sum(axis=1) / 2
    return n_contacts / np.where(n_pairs > 0, n_pairs, np.nan)


def _mean(parts: list[Float[np.ndarray, " n"]]) -> Float[np.ndarray, " n"]:
    """Without those that are NaN; NaN where all are."""
    stacked = np.stack(parts)
    known = ~np.isnan(stacked)
    n = known.sum(axis=0)
    return np.where(known, stacked, 0).sum(axis=0) / np.where(n > 0, n, np.nan)


def _within(points: Float[np.ndarray, "n n_dimensions"], reach: float) -> csr_array:
    """1 for two points at most so far apart."""
    first, second = KDTree(points).query_pairs(reach, output_type="ndarray").T
    ends = np.concatenate([first, second]), np.concatenate([second, first])
    return csr_array((np.ones(2 * len(first)), ends), shape=(len(points), len(points)))


def _diagonal(n: int) -> csr_array:
    return csr_array((np.ones(n), (np.arange(n), np.arange(n))), shape=(n, n))
