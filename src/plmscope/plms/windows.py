"""Sequences that are longer than a PLM takes, in overlapping windows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np

LongSequences = Literal["reject", "windows"]
"""What is done with them."""


class Window(NamedTuple):
    """A part of a sequence that is embedded by itself.

    Attributes:
        start: Its first residue, 0-based.
        stop: One past its last.
        first: The first residue that is taken from it: none lies deeper in another window.
        last: One past the last such.
    """

    start: int
    stop: int
    first: int
    last: int


def plan_windows(n_residues: int, size: int) -> list[Window]:
    """Cut a sequence into windows of which neighbours share half their residues or more.

    Each residue is taken from the window in which it lies deepest, so that at least a quarter of a
    window is to either side of it, but at the ends of the sequence.

    Args:
        n_residues: Length of the sequence.
        size: Residues of a window; a sequence that is no longer is one window.
    """
    if n_residues <= size:
        return [Window(0, n_residues, 0, n_residues)]
    n_windows = 1 + -(-(n_residues - size) // max(size // 2, 1))
    starts = np.linspace(0, n_residues - size, n_windows).round().astype(int).tolist()
    # Neighbours overlap from the start of the second to the end of the first: cut in the middle.
    cuts = [(start + before + size) // 2 for before, start in pairwise(starts)]
    bounds = [0, *cuts, n_residues]
    return [Window(start, start + size, bounds[i], bounds[i + 1]) for i, start in enumerate(starts)]


def windows_of(sequences: Sequence[str], size: int) -> list[list[Window]]:
    """The windows of each sequence, see `plan_windows`."""
    return [plan_windows(len(sequence), size) for sequence in sequences]
