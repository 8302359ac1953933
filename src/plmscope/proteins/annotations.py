"""From features as they are written to annotations placed on a sequence.

Both readers of UniProtKB, of TSV exports and of flat files, end here.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Literal, NamedTuple

import pandas as pd

from plmscope.proteins.errors import ProteinTableError
from plmscope.proteins.feature_types import FEATURE_TYPES, FeatureType
from plmscope.proteins.reading.feature_cells import BadPosition, Position, parse_position
from plmscope.proteins.tables import ANNOTATION_COLUMNS, REJECT_COLUMNS, make_table

OnBadFeature = Literal["stop", "reject"]
_OUTSIDE = "outside the sequence"
_FEW = 4
"""So many bad features say nothing about their column."""


class WrittenFeature(NamedTuple):
    """A feature of a protein as a file has it.

    Args:
        line: Where in the file.
        accession: Whose feature.
        feature_type: Its type.
        position: Its position in UniProtKB's syntax; text that is no feature is given as it is.
        name: The sub-concept it belongs to; "" for none.
    """

    line: int
    accession: str
    feature_type: FeatureType
    position: str
    name: str


def place_features(
    features: Iterable[WrittenFeature],
    proteins: pd.DataFrame,
    file: str,
    on_bad_feature: OnBadFeature = "stop",
    max_rejected_fraction: float = 1.0,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Place features on their sequences and name their concepts.

    A feature with a name belongs to two concepts, its own ("Binding site: ATP") and its category's
    pool ("Binding site: any"), and is an instance of each.

    Args:
        features: Features of the proteins.
        proteins: accession and length.
        file: The file's name, for messages.
        on_bad_feature: Whether a feature that breaks UniProtKB's syntax stops the reading or is
            rejected. One that is sound but cannot be placed (on another isoform, at an unknown
            position, outside the sequence) is always rejected.
        max_rejected_fraction: Fraction of a column's features that may be rejected for their
            syntax, or as they are outside the sequence.

    Returns:
        Annotations (`ANNOTATION_COLUMNS`) and rejects (`REJECT_COLUMNS`).

    Raises:
        ProteinTableError: A feature breaks the syntax, and `on_bad_feature` is "stop"; or more of
            a column than may be, or outside their sequences.
    """
    lengths = dict(zip(proteins["accession"], proteins["length"], strict=True))
    placed, rejects = [], []
    n_features: Counter[str] = Counter()
    suspicious: dict[str, list[tuple[WrittenFeature, str]]] = {}
    for feature in features:
        position = _position_within(feature.position, lengths[feature.accession])
        column = feature.feature_type.column
        n_features[column] += 1
        if isinstance(position, Position):
            placed.append((feature.accession, column, feature.name, *position))
        elif position.malformed and on_bad_feature == "stop":
            raise _syntax_error(feature, position.reason, file)
        else:
            rejects.append(
                (file, feature.line, feature.accession, column, feature.position, position.reason)
            )
            if position.malformed or position.reason == _OUTSIDE:
                suspicious.setdefault(column, []).append((feature, position.reason))
    for column, of_column in suspicious.items():
        if len(of_column) > max(_FEW, max_rejected_fraction * n_features[column]):
            raise _another_syntax(of_column, n_features[column], file)
    return _annotate(placed), make_table(rejects, REJECT_COLUMNS)


def _position_within(text: str, length: int) -> Position | BadPosition:
    position = parse_position(text)
    if isinstance(position, Position) and (position.start < 1 or position.end > length):
        return BadPosition(_OUTSIDE, malformed=False)
    return position


def _syntax_error(feature: WrittenFeature, reason: str, file: str) -> ProteinTableError:
    kind = feature.feature_type
    example = f"{kind.key} 12" + (f'; /{kind.qualifier}="…"' if kind.qualifier else "")
    return ProteinTableError(
        f'{file}, line {feature.line}, column "{kind.column}" of {feature.accession}: '
        f'"{feature.position}" is {reason}.\n'
        f"Expected UniProtKB syntax such as '{example}'. "
        "Fix the entry, or set ingestion.on_bad_feature: reject."
    )


def _another_syntax(
    suspicious: list[tuple[WrittenFeature, str]], n_features: int, file: str
) -> ProteinTableError:
    feature, reason = suspicious[0]
    column = feature.feature_type.column
    return ProteinTableError(
        f'{file}: {len(suspicious)} of {n_features} features in column "{column}"'
        f' would be rejected, the first in line {feature.line}: "{feature.position[:60]}" is'
        f" {reason}. The column does not seem to be UniProt's, or of these sequences: export it"
        " again, or raise ingestion.max_rejected_fraction."
    )


def _annotate(placed: list[tuple[str, str, str, int, int]]) -> pd.DataFrame:
    """Name the concepts, number the instances, and take bonds apart into their two ends."""
    features = pd.DataFrame(placed, columns=["accession", "column", "name", "start", "end"])
    kinds = pd.DataFrame(
        {
            "column": kind.column,
            "category": kind.category,
            "level": kind.level,
            "ends_only": kind.ends_only,
            "pool": kind.pool,
        }
        for kind in FEATURE_TYPES
    )
    features = features.merge(kinds, on="column", how="left")
    named = features[features["name"] != ""]
    instances = pd.concat(
        [
            named.assign(concept=named["category"] + ": " + named["name"]),
            features.assign(concept=features["pool"]),
        ]
    ).sort_values(
        ["accession", "category", "concept", "start", "end"], kind="stable", ignore_index=True
    )
    instances["instance"] = range(len(instances))
    return _ends_of_bonds(instances)[list(ANNOTATION_COLUMNS)].astype(ANNOTATION_COLUMNS)


def _ends_of_bonds(instances: pd.DataFrame) -> pd.DataFrame:
    """Give a bond between residues a and b two rows, a..a and b..b, of one instance."""
    bonds = instances["ends_only"].astype(bool) & (instances["start"] < instances["end"])
    first = instances.assign(end=instances["end"].where(~bonds, instances["start"]))
    second = instances[bonds].assign(start=instances.loc[bonds, "end"])
    return pd.concat([first, second]).sort_values(
        ["instance", "start"], kind="stable", ignore_index=True
    )
