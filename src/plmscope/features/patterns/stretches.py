"""The stretches of residues where features are on, counted while blocks stream past."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Bool, Int

from plmscope.concepts.amino_acids import AMINO_ACIDS
from plmscope.features.hits import BlockHits

MAX_SITE = 64
"""Longer sites count as this long."""
MAX_PERIOD = 63
"""Longer distances are not looked at: a repeat of WD40 or of ankyrin has 40 and 33 residues."""
N_TENTHS = 10
END = 30
"""Residues next to a protein's end that belong to it: a signal peptide has 15 to 30."""
BRIDGE = 3
"""Stretches whose nearest residues are at most so far apart are one site, as in C-x(2)-C."""
_TOLERANCE = 8
"""From this period on, the distances of a run may differ by one residue."""
_SUMS = (
    "_sites", "_triples", "_n_triples", "_letters", "_tenths", "_proteins", "_coverage",
    "_expected_near_end", "_background",
)  # fmt: skip


class Stretches(NamedTuple):
    """Runs of consecutive residues where a feature is on, ordered by protein, feature and place.

    Attributes:
        cell: Which protein and feature: protein × d_sae + feature.
        start: First residue of each, 1-based.
        stop: Its last residue.
    """

    cell: Int[np.ndarray, " n_stretches"]
    start: Int[np.ndarray, " n_stretches"]
    stop: Int[np.ndarray, " n_stretches"]


class StretchCounts:
    """Sums over blocks from which the pattern of every feature follows.

    Args:
        d_sae: Features of the SAE.
        on: A feature is on where its activation is above this fraction of its maximum.
    """

    def __init__(self, d_sae: int, on: float) -> None:
        self._d_sae, self._on = d_sae, on
        self._sites = np.zeros((d_sae, MAX_SITE + 1), dtype=np.int64)
        self._triples = np.zeros((2, d_sae, MAX_PERIOD + 1), dtype=np.int64)
        self._n_triples = np.zeros((2, d_sae), dtype=np.int64)
        self._letters = np.zeros((d_sae, len(AMINO_ACIDS) + 1), dtype=np.int64)
        self._tenths = np.zeros((d_sae, N_TENTHS), dtype=np.int64)
        self._proteins = np.zeros((4, d_sae))  # on, with a run, peak near either end
        self._coverage = np.zeros(d_sae)
        self._expected_near_end = np.zeros(d_sae)
        self._background = np.zeros(len(AMINO_ACIDS) + 1, dtype=np.int64)

    def add(self, hits: BlockHits, letters: Int[np.ndarray, " n_residues"]) -> None:
        """Count one block.

        Args:
            hits: What is active in it.
            letters: The number of each residue's amino acid, see `amino_acid_numbers`.
        """
        lengths = hits.lengths.numpy()
        offsets = np.concatenate([[0], lengths.cumsum()])
        self._background += np.bincount(letters, minlength=len(AMINO_ACIDS) + 1)
        is_on = (hits.value > self._on).numpy()
        feature, protein, position, value = (
            column.numpy()[is_on]
            for column in (hits.feature, hits.protein, hits.position, hits.value)
        )
        if len(feature) == 0:
            return
        self._count_residues(
            feature, letters[offsets[protein] + position - 1], position, lengths[protein]
        )
        cell = protein * self._d_sae + feature
        order = np.argsort(cell, kind="stable")  # residues stay in order
        cell, position, value = cell[order], position[order], value[order]
        self._count_proteins(cell, position, value, lengths)
        stretches = find_stretches(cell, position)
        self._count_sites(stretches)
        self._count_runs(stretches)

    def merge(self, later: StretchCounts) -> None:
        """Add what was counted in other proteins."""
        for name in _SUMS:
            setattr(self, name, getattr(self, name) + getattr(later, name))

    def _count_residues(
        self,
        feature: Int[np.ndarray, " n"],
        letter: Int[np.ndarray, " n"],
        position: Int[np.ndarray, " n"],
        length: Int[np.ndarray, " n"],
    ) -> None:
        tenth = (position - 1) * N_TENTHS // length
        self._letters += self._count(feature, letter, len(AMINO_ACIDS) + 1)
        self._tenths += self._count(feature, tenth, N_TENTHS)

    def _count_proteins(
        self,
        cell: Int[np.ndarray, " n"],
        position: Int[np.ndarray, " n"],
        value: np.ndarray,
        lengths: Int[np.ndarray, " n_proteins"],
    ) -> None:
        """How much of each protein a feature covers, and whether it peaks near an end."""
        first = np.flatnonzero(np.diff(cell, prepend=-1))
        n_on = np.diff(first, append=len(cell))
        peak = np.repeat(np.maximum.reduceat(value, first), n_on)
        at_peak = np.where(value == peak, position, np.iinfo(np.int64).max)
        place = np.minimum.reduceat(at_peak, first)
        protein, feature = np.divmod(cell[first], self._d_sae)
        length = lengths[protein]
        near_start, near_end = place <= END, length - place < END
        self._proteins[0] += np.bincount(feature, minlength=self._d_sae)
        self._proteins[2] += np.bincount(feature, weights=near_start, minlength=self._d_sae)
        self._proteins[3] += np.bincount(feature, weights=near_end, minlength=self._d_sae)
        self._coverage += np.bincount(feature, weights=n_on / length, minlength=self._d_sae)
        expected = np.minimum(END / length, 1.0)
        self._expected_near_end += np.bincount(feature, weights=expected, minlength=self._d_sae)

    def _count_sites(self, stretches: Stretches) -> None:
        """Stretches joined where they are close, by their length."""
        cell, start, stop = stretches
        is_near = (np.diff(cell, prepend=-1) == 0) & (start - np.roll(stop, 1) <= BRIDGE)
        first = np.flatnonzero(~is_near)
        last = np.append(first[1:], len(cell)) - 1
        length = np.minimum(stop[last] - start[first] + 1, MAX_SITE)
        self._sites += self._count(cell[first] % self._d_sae, length, MAX_SITE + 1)

    def _count_runs(self, stretches: Stretches) -> None:
        """Three stretches in equal steps, of every stretch and of every other one (3, 4, 3, 4)."""
        feature = stretches.cell % self._d_sae
        is_in_run = np.zeros(len(feature), dtype=bool)
        for step in (1, 2):
            near = following_distance(stretches, 0, step)
            far = following_distance(stretches, 1, step)
            both = (near > 0) & (far > 0)
            tolerance = (near >= _TOLERANCE).astype(np.int64)
            is_equal = both & (near <= MAX_PERIOD) & (np.abs(near - far) <= tolerance)
            self._n_triples[step - 1] += np.bincount(feature[both], minlength=self._d_sae)
            self._triples[step - 1] += self._count(
                feature[is_equal], near[is_equal], MAX_PERIOD + 1
            )
            is_in_run |= is_equal
        cells = np.unique(stretches.cell[is_in_run])
        self._proteins[1] += np.bincount(cells % self._d_sae, minlength=self._d_sae)

    def _count(
        self, feature: Int[np.ndarray, " n"], number: Int[np.ndarray, " n"], n_bins: int
    ) -> Int[np.ndarray, "d_sae n_bins"]:
        counts = np.bincount(feature * n_bins + number, minlength=self._d_sae * n_bins)
        return counts.reshape(self._d_sae, n_bins)

    def to_frame(self) -> pd.DataFrame:
        """What was counted, one row a feature.

        Returns:
            `feature`; `n_proteins_on`; `n_sites`, `site_length` (half of the residues in sites are
            in sites no longer than this; at most `MAX_SITE`); `coverage` (fraction of a protein's
            residues where it is on, mean over the proteins where it is); `period` (residues; 0:
            none), `periodicity` (the fraction of
            three successive stretches that are in equal steps of that period), `repeating` (the
            fraction of proteins with such three); `near_start`, `near_end` (fraction of proteins
            where the peak is within `END` residues of it), `near_end_by_chance`;
            `amino_acid_counts` (residues where it is on, in the order of `AMINO_ACIDS`, others
            last); `tenths` (the same, in tenths of the protein).
        """
        n_proteins = np.maximum(self._proteins[0], 1)
        period, periodicity = self._periods()
        return pd.DataFrame(
            {
                "feature": np.arange(self._d_sae),
                "n_proteins_on": self._proteins[0].astype(np.int64),
                "n_sites": self._sites.sum(axis=1),
                "site_length": median_of_counts(self._sites * np.arange(MAX_SITE + 1)),
                "coverage": self._coverage / n_proteins,
                "period": period,
                "periodicity": periodicity,
                "repeating": self._proteins[1] / n_proteins,
                "near_start": self._proteins[2] / n_proteins,
                "near_end": self._proteins[3] / n_proteins,
                "near_end_by_chance": self._expected_near_end / n_proteins,
                "amino_acid_counts": list(self._letters),
                "tenths": list(self._tenths),
            }
        )

    @property
    def background(self) -> Int[np.ndarray, " 21"]:
        """Residues of each amino acid in all proteins seen, others last."""
        return self._background

    def _periods(self) -> tuple[np.ndarray, np.ndarray]:
        """The commonest period, of every stretch or, if that is more regular, of every other."""
        counts = self._triples.copy()
        wide = counts[:, :, _TOLERANCE:]
        wide[:, :, 1:-1] += self._triples[:, :, _TOLERANCE : MAX_PERIOD - 1]
        wide[:, :, 1:-1] += self._triples[:, :, _TOLERANCE + 2 :]
        best = (2 * counts + self._triples / (self._triples.max() + 1)).argmax(axis=2)
        share = np.take_along_axis(counts, best[:, :, None], axis=2)[:, :, 0]
        share = np.minimum(share / np.maximum(self._n_triples, 1), 1.0)
        which = (share[1] > share[0]).astype(int)
        number = np.arange(self._d_sae)
        strength = share[which, number]
        return np.where(strength > 0, best[which, number], 0), strength


def find_stretches(cell: Int[np.ndarray, " n"], position: Int[np.ndarray, " n"]) -> Stretches:
    """The runs of consecutive residues.

    Args:
        cell: Protein and feature of each residue, in order.
        position: Its place in the protein, rising within a cell.
    """
    is_first = (np.diff(cell, prepend=-1) != 0) | (np.diff(position, prepend=-1) != 1)
    first = np.flatnonzero(is_first)
    last = np.append(first[1:], len(cell)) - 1
    return Stretches(cell[first], position[first], position[last])


def following_distance(
    stretches: Stretches, skip: int, step: int
) -> Int[np.ndarray, " n_stretches"]:
    """From the start of the stretch `skip` further on to that `step` beyond; 0 out of the protein.

    Args:
        stretches: In order.
        skip: Stretches between each one and the first of the two.
        step: Stretches between the two.
    """
    distance = np.zeros(len(stretches.cell), dtype=np.int64)
    reach = skip + step
    if reach < len(distance):
        same: Bool[np.ndarray, " n"] = stretches.cell[reach:] == stretches.cell[:-reach]
        start = stretches.start
        apart = start[reach:] - start[skip : len(start) - step]
        distance[:-reach] = np.where(same, apart, 0)
    return distance


def median_of_counts(counts: Int[np.ndarray, "n n_bins"]) -> Int[np.ndarray, " n"]:
    """The (lower) median of values given as how often each of 0, 1, 2, … occurs; 0 for none."""
    half = (counts.sum(axis=1, keepdims=True) + 1) // 2
    return (counts.cumsum(axis=1) < half).sum(axis=1) * (half[:, 0] > 0)
