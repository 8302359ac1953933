"""Windows laid under each other: at the peak, or by FAMSA where a motif's length varies."""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
from jaxtyping import Int, Shaped

from plmscope.concepts.amino_acids import AMINO_ACIDS, amino_acid_numbers
from plmscope.features.motifs.windows import GAP

_OCCUPIED = 0.5
"""An aligned column counts if so large a fraction of the windows has a residue in it."""
_NOT_STANDARD = re.compile(f"[^{AMINO_ACIDS}]")


class AlignedWindows(NamedTuple):
    """Windows as rows of an alignment.

    Attributes:
        rows: Of equal length; `GAP` where a window has no residue.
        columns: The columns that count; residues in the others are inserted.
        peak: Which of these columns holds the peaks.
        by: "peak" or "famsa".
    """

    rows: list[str]
    columns: Int[np.ndarray, " n_columns"]
    peak: int
    by: str

    def counts(self) -> Int[np.ndarray, "n_columns 20"]:
        """How often each amino acid stands in each column that counts."""
        letters = amino_acid_numbers(self.rows).reshape(len(self.rows), -1)[:, self.columns]
        n = len(AMINO_ACIDS)
        column = np.broadcast_to(np.arange(len(self.columns)), letters.shape)
        known = letters >= 0
        cell = column[known] * n + letters[known]
        return np.bincount(cell, minlength=len(self.columns) * n).reshape(-1, n)


def align_at_peak(windows: list[str]) -> AlignedWindows:
    """Windows as they were cut, the peaks under each other."""
    length = len(windows[0])
    occupied = np.mean([[letter != GAP for letter in window] for window in windows], axis=0)
    columns = np.flatnonzero(occupied >= _OCCUPIED)
    return AlignedWindows(windows, columns, int(np.searchsorted(columns, length // 2)), "peak")


def align_by_famsa(windows: list[str]) -> AlignedWindows:
    """Windows aligned by FAMSA (Deorowicz et al. 2016), through pyfamsa.

    Args:
        windows: As cut, the peak in the middle.
    """
    middle = len(windows[0]) // 2
    residues = [window.replace(GAP, "") for window in windows]
    letters = _famsa(residues)
    is_residue = letters != GAP
    letters[is_residue] = list("".join(residues))
    rows = ["".join(row) for row in letters]
    columns = np.flatnonzero(is_residue.mean(axis=0) >= _OCCUPIED)
    n_before = [middle - window[:middle].count(GAP) for window in windows]
    place = (is_residue.cumsum(axis=1) > np.array(n_before)[:, None]).argmax(axis=1)
    commonest = np.bincount(place).argmax()
    peak = min(int(np.searchsorted(columns, commonest)), len(columns) - 1)
    return AlignedWindows(rows, columns, peak, "famsa")


def _famsa(residues: list[str]) -> Shaped[np.ndarray, "n_windows length"]:
    """The rows of FAMSA's alignment, letter by letter.

    FAMSA refuses U, O and J, which UniProtKB has: whatever is not one of the twenty amino acids is
    X to it. Its refinement is left out: what it makes of some windows depends on what was aligned
    before them in the same process, so that a run killed and gone on with would have other motifs.
    """
    from pyfamsa import Aligner, Sequence

    given = [
        Sequence(str(number).encode(), _NOT_STANDARD.sub("X", window).encode())
        for number, window in enumerate(residues)
    ]
    aligned = {
        int(row.id): row.sequence.decode() for row in Aligner(threads=1, refine=False).align(given)
    }
    return np.array([list(aligned[number]) for number in range(len(residues))])


def shuffle_windows(windows: list[str], rng: np.random.Generator) -> list[str]:
    """Each window with its residues in random order; `GAP` stays where it is."""
    shuffled = []
    for window in windows:
        letters = np.array(list(window))
        is_residue = letters != GAP
        letters[is_residue] = rng.permutation(letters[is_residue])
        shuffled.append("".join(letters))
    return shuffled
