"""Which sequences lie in which others, whatever their composition and length.

A part's seed, the residues at its middle, is looked up at every place of the wholes; only where it
is found is the part itself. (The middle, as thousands of proteins begin with the same tag.)
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

_LETTER_BITS = 5
_SEED_LENGTH = 12  # as many letters as an int64 holds
_RESIDUES_AT_ONCE = 2_000_000
_GAP = "@"  # its five bits are 0, those of no other letter are: no seed reaches over it


def find_contained(parts: Sequence[str], wholes: Sequence[str]) -> NDArray[np.int64]:
    """Find all pairs of a part and a whole that has it in it; equal sequences are such a pair.

    Args:
        parts: Sequences of capital letters, none empty. Give each once: of n equal sequences
            among them, and m among the wholes, n * m pairs are found.
        wholes: Sequences in which the parts are looked for.

    Returns:
        Index of the part and index of the whole, each pair once, [n_pairs, 2].
    """
    seeds_by_length = _group_by_seed(parts)
    found = [np.empty((0, 2), dtype=np.int64)]
    for first, chunk in _chunks(wholes):
        pairs = [
            (part, first + whole)
            for parts_by_seed in seeds_by_length.values()
            for parts_of_seed, whole in _occurrences(parts_by_seed, chunk)
            for part in parts_of_seed
            if parts[part] in chunk[whole]
        ]
        found.append(np.array(pairs, dtype=np.int64).reshape(-1, 2))
    return np.concatenate(found)


def _group_by_seed(parts: Sequence[str]) -> dict[int, dict[str, list[int]]]:
    """The seeds of each length, in order, and the indices of the parts that have each."""
    groups: dict[int, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for index, part in enumerate(parts):
        length = min(len(part), _SEED_LENGTH)
        start = (len(part) - length) // 2
        groups[length][part[start : start + length]].append(index)
    return {length: dict(sorted(of_length.items())) for length, of_length in groups.items()}


def _chunks(wholes: Sequence[str]) -> Iterator[tuple[int, Sequence[str]]]:
    """The wholes, some at a time, and the index of the first of these."""
    ends = np.cumsum([len(whole) for whole in wholes], dtype=np.int64)
    cuts = (np.flatnonzero(np.diff(ends // _RESIDUES_AT_ONCE)) + 1).tolist()
    for first, last in zip([0, *cuts], [*cuts, len(wholes)], strict=True):
        yield first, wholes[first:last]


def _occurrences(
    parts_by_seed: dict[str, list[int]], wholes: Sequence[str]
) -> Iterator[tuple[list[int], int]]:
    """The parts of a seed, and a whole (as its index) that has the seed, for each such pair."""
    seeds = list(parts_by_seed)
    length = len(seeds[0])
    known = _pack(_letters("".join(seeds)).reshape(-1, length))
    text = _pack(sliding_window_view(_letters(_GAP.join(wholes) + _GAP * length), length))
    starts = np.cumsum([0, *(len(whole) + 1 for whole in wholes)])

    nearest = np.searchsorted(known, text).clip(max=len(known) - 1)
    places = np.flatnonzero(known[nearest] == text)
    whole_at = np.searchsorted(starts, places, side="right") - 1
    for pair in np.unique(nearest[places] * len(starts) + whole_at).tolist():
        seed, whole = divmod(pair, len(starts))
        yield parts_by_seed[seeds[seed]], whole


def _letters(text: str) -> NDArray[np.uint8]:
    return np.frombuffer(text.encode("ascii"), dtype=np.uint8) % np.uint8(1 << _LETTER_BITS)


def _pack(windows: NDArray[np.uint8]) -> NDArray[np.int64]:
    """One number for the letters of each window, [n_windows, length] -> [n_windows]."""
    codes = np.zeros(len(windows), dtype=np.int64)
    for letters in windows.T:
        codes = (codes << _LETTER_BITS) | letters
    return codes
