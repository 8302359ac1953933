"""The grammar of UniProtKB feature cells, such as `BINDING 68; /ligand="Ca(2+)"; BINDING 70; …`."""

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from plmscope.proteins.feature_types import FeatureType


class CellFeature(NamedTuple):
    """One feature as it is written.

    Args:
        position: "12", "12..34", "<1..>90", "P12345-2:10..20"…
        name: What names its sub-concept ("ATP"); "" where nothing does.
    """

    position: str
    name: str


class MalformedText(NamedTuple):
    """A stretch of a cell that is not a feature of the cell's type."""

    text: str


class Position(NamedTuple):
    """A parsed position: 1-based, both ends inclusive."""

    start: int
    end: int


class BadPosition(NamedTuple):
    """A position that cannot be placed on the sequence.

    Args:
        reason: Why.
        malformed: Whether it breaks UniProt's syntax (rather than saying what cannot be used).
    """

    reason: str
    malformed: bool


_QUOTED = r'"(?:[^"]|"")*"'
_POSITION = re.compile(r"[<>]?(\d+)(?:\.\.[<>]?(\d+))?")
_UNKNOWN_POSITION = re.compile(r"[<>?]?\d*(?:\.\.[<>?]?\d*)?")
_ISOFORM_POSITION = re.compile(r"\w+-\d+:")
_REPEAT_NUMBER = re.compile(r"(?:^|\s)\d+(?:-\d+)?$")


def split_cell(cell: str, feature_type: FeatureType) -> Iterator[CellFeature | MalformedText]:
    """Take the features of one cell of a UniProtKB TSV export apart.

    Args:
        cell: The cell's text; "" holds no feature.
        feature_type: The type of the cell's column.

    Yields:
        The features in the order of the cell, and what lies between them.
    """
    feature_pattern, next_feature = _cell_patterns(feature_type.key)
    at = 0
    while at < len(cell):
        if match := feature_pattern.match(cell, at):
            yield CellFeature(match[1], _qualifier_in(match[2], feature_type))
            at = match.end()
        else:
            resume = next_feature.search(cell, at + 1)
            end = resume.start() if resume else len(cell)
            yield MalformedText(cell[at:end].strip("; "))
            at = resume.end() if resume else end


def concept_name(value: str, feature_type: FeatureType) -> str:
    """The sub-concept that a qualifier's value names.

    A note's remarks after a semicolon ("Phosphoserine; by PKA") and, where UniProt numbers
    repeats, the number ("SH3 2") are dropped.
    """
    if feature_type.qualifier == "note":
        value = value.partition(";")[0]
    if feature_type.numbered:
        value = _REPEAT_NUMBER.sub("", value.strip())
    return value.strip()


@cache
def parse_position(text: str) -> Position | BadPosition:
    """Read a position; fuzzy ends (`<1`, `>90`) are taken at their bound."""
    if match := _POSITION.fullmatch(text):
        start, end = int(match[1]), int(match[2] or match[1])
        if start > end:
            return BadPosition("a position that starts after its end", malformed=True)
        return Position(start, end)
    if _ISOFORM_POSITION.match(text):
        return BadPosition("on another isoform", malformed=False)
    if "?" in text and _UNKNOWN_POSITION.fullmatch(text):
        return BadPosition("unknown position", malformed=False)
    if re.search(r"[\s/=;]", text):
        return BadPosition("not UniProtKB's syntax", malformed=True)
    return BadPosition("no position", malformed=True)


@cache
def _cell_patterns(key: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    # White space is layout: from 2019 to 2022 UniProt's site wrote two spaces before a qualifier.
    feature = rf"{key}\s+([^\s;]+)((?:;\s*/\w+={_QUOTED})*)(?:;\s+|;?\s*$)"
    return re.compile(feature), re.compile(rf"(?:^|;\s*)(?={key}\s)")


@cache
def _qualifier_pattern(name: str) -> re.Pattern[str]:
    return re.compile(rf";\s*/{name}=({_QUOTED})")


def _qualifier_in(qualifiers: str, feature_type: FeatureType) -> str:
    if feature_type.qualifier is None:
        return ""
    match = _qualifier_pattern(feature_type.qualifier).search(qualifiers)
    if match is None:
        return ""
    return concept_name(match[1][1:-1].replace('""', '"'), feature_type)
