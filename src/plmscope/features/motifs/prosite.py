"""Patterns in PROSITE's notation: made of aligned windows, and looked for in sequences.

C-x(2,4)-C-[LIVM] is a cysteine, two to four residues of any kind, a cysteine, then one of L, I, V
and M; {P} is anything but P; < and > are the protein's ends (PROSITE user manual, "PA line").
"""

from __future__ import annotations

import re
from itertools import groupby, pairwise

import numpy as np
from jaxtyping import Bool, Float, Int

from plmscope.concepts.amino_acids import AMINO_ACIDS
from plmscope.errors import PlmscopeError
from plmscope.features.motifs.alignment import AlignedWindows
from plmscope.features.motifs.settings import MotifSettings
from plmscope.features.motifs.windows import GAP

_ELEMENT = re.compile(
    r"(?P<start><?)(?:(?P<letter>[A-Zx])|\[(?P<some>[A-Z]+)\]|\{(?P<none>[A-Z]+)\})"
    r"(?:\((?P<low>\d+)(?:,(?P<high>\d+))?\))?(?P<end>>?)"
)
_ANY = "x"
_MOST = 500
"""Residues that one element may span."""


class PatternError(PlmscopeError):
    """Text that is no pattern."""


def as_regex(pattern: str) -> re.Pattern[str]:
    """The regular expression of a pattern; matches may overlap, and their text is group 1.

    Raises:
        PatternError: Naming the element that cannot be read.
    """
    parts = []
    for element in pattern.strip().rstrip(".").split("-"):
        read = _ELEMENT.fullmatch(element.strip())
        low, high = (int(read[name] or 0) if read else 0 for name in ("low", "high"))
        if read is None or max(low, high) > _MOST or (read["high"] and high < low):
            raise PatternError(
                f"{pattern!r} is no PROSITE pattern: {element!r} cannot be read. Write, for"
                " example, C-x(2,4)-C-[LIVM]-{P}, elements joined by '-'."
            )
        parts.append(_regex_of(read))
    return re.compile(f"(?=({''.join(parts)}))")


def _regex_of(read: re.Match[str]) -> str:
    if read["letter"]:
        letters = "." if read["letter"] == _ANY else read["letter"]
    else:
        letters = f"[{read['some']}]" if read["some"] else f"[^{read['none']}]"
    times = ""
    if read["low"]:
        times = f"{{{read['low']},{read['high']}}}" if read["high"] else f"{{{read['low']}}}"
    return ("^" if read["start"] else "") + letters + times + ("$" if read["end"] else "")


def find_pattern(pattern: str, sequence: str) -> list[tuple[int, int]]:
    """Where a pattern is in a sequence.

    Args:
        pattern: In PROSITE's notation.
        sequence: Letters of one protein.

    Returns:
        First and last residue of each match, 1-based; matches may overlap.

    Raises:
        PatternError: It is no pattern.
    """
    regex = as_regex(pattern)
    return [(match.start() + 1, match.end(1)) for match in regex.finditer(sequence)]


def make_pattern(
    aligned: AlignedWindows,
    counts: Int[np.ndarray, "n_columns 20"],
    bits: Float[np.ndarray, " n_columns"],
    settings: MotifSettings,
) -> str:
    """The pattern of aligned windows; "" where no column says anything.

    The columns are gone through from the most informative on. One is named in the pattern if few
    amino acids are most of it, and if the pattern then still matches enough of the windows.

    Args:
        aligned: The windows.
        counts: Amino acids by column.
        bits: Information by column.
        settings: What a place needs.
    """
    letters = np.array([list(row) for row in aligned.rows])[:, aligned.columns]
    matched = np.ones(len(letters), dtype=bool)
    named = {}
    for column in np.argsort(-bits, kind="stable"):
        alternatives = _alternatives(counts[column], settings)
        if not alternatives or bits[column] <= 0:
            continue
        still = matched & np.isin(letters[:, column], list(alternatives))
        if still.mean() >= settings.matching:
            matched = still
            named[int(column)] = alternatives
    return "-".join(_repeat(_elements(aligned, named, matched)))


def _alternatives(counts: Int[np.ndarray, " 20"], settings: MotifSettings) -> str:
    """The amino acids that are most of a column; none where it takes too many."""
    order = np.argsort(-counts, kind="stable")
    covered = counts[order].cumsum() / max(counts.sum(), 1)
    n = int(np.searchsorted(covered, settings.conserved - 1e-9)) + 1
    if n > settings.max_alternatives:
        return ""
    return "".join(AMINO_ACIDS[number] for number in order[:n])


def _elements(
    aligned: AlignedWindows, named: dict[int, str], matched: Bool[np.ndarray, " n_windows"]
) -> list[str]:
    """The places of a pattern; between them as many residues as the matched windows have."""
    places = sorted(named)
    if not places:
        return []
    is_residue = np.array([list(row) for row in aligned.rows])[matched] != GAP
    n_until = is_residue.cumsum(axis=1)
    elements = [_one_of(named[places[0]])]
    for left, right in pairwise(places):
        n = n_until[:, aligned.columns[right]] - n_until[:, aligned.columns[left]] - 1
        if n.max() > 0:
            elements.append(_any_of(int(n.min()), int(n.max())))
        elements.append(_one_of(named[right]))
    return elements


def _one_of(letters: str) -> str:
    return letters if len(letters) == 1 else f"[{letters}]"


def _any_of(low: int, high: int) -> str:
    if low == high:
        return _ANY if high == 1 else f"{_ANY}({high})"
    return f"{_ANY}({low},{high})"


def _repeat(elements: list[str]) -> list[str]:
    """C-C-C as C(3)."""
    parts = []
    for element, same in groupby(elements):
        n = len(list(same))
        parts += [f"{element}({n})"] if n > 1 and "(" not in element else [element] * n
    return parts
