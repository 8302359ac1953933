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


def naming_qualifiers(feature_type: FeatureType) -> tuple[str, ...]:
    """The qualifiers that may name a feature's sub-concept; the first that is there does.

    Until 2022 a binding site's ligand was in its note.
    """
    if feature_type.qualifier is None:
        return ()
    return ("ligand", "note") if feature_type.qualifier == "ligand" else (feature_type.qualifier,)


def concept_name(value: str, qualifier: str, feature_type: FeatureType) -> str:
    """The sub-concept that the value of a qualifier names.

    A note's remarks after a semicolon ("Phosphoserine; by PKA") and, where UniProt numbers
    repeats, the number ("SH3 2") are dropped.
    """
    if qualifier == "note":
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
    return BadPosition(_fault_of(text), malformed=True)


def _fault_of(text: str) -> str:
    """What is wrong with text that is no position."""
    if text.count('"') % 2:
        return "text with a quote that is not closed"
    if re.search(r'/\w+\s*=\s*[^\s"]', text):
        return "a feature with a value that is not in quotes"
    if re.search(r"[\s/=;]", text):
        return "not UniProtKB's syntax"
    return "no position"


@cache
def _cell_patterns(key: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    # White space is layout: from 2019 to 2022 UniProt's site wrote two spaces before a qualifier.
    # A qualifier that cannot be read makes its feature unreadable, not nameless.
    qualifier = rf"\s*;\s*/\w+\s*=\s*{_QUOTED}"
    feature = rf"{key}\s+([^\s;]+)((?:{qualifier})*)(?:\s*;\s*(?=[^\s/])|\s*;?\s*$)"
    return re.compile(feature), re.compile(rf"(?:^|;\s*)(?={key}\s)")


@cache
def _qualifier_pattern(name: str) -> re.Pattern[str]:
    return re.compile(rf";\s*/{name}\s*=\s*({_QUOTED})")


def _qualifier_in(qualifiers: str, feature_type: FeatureType) -> str:
    if feature_type.qualifier is None:
        return ""
    for name in naming_qualifiers(feature_type):
        if match := _qualifier_pattern(name).search(qualifiers):
            return concept_name(match[1][1:-1].replace('""', '"'), name, feature_type)
    return ""
