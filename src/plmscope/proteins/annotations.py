"""From features as they are written to annotations placed on a sequence.

Both readers of UniProtKB, of TSV exports and of flat files, end here.
"""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd

from plmscope.proteins.errors import ProteinTableError
from plmscope.proteins.feature_types import FEATURE_TYPES, FeatureType
from plmscope.proteins.reading.feature_cells import BadPosition, Position, parse_position
from plmscope.proteins.reading.rejects import RejectLog
from plmscope.proteins.settings import IngestionSettings
from plmscope.proteins.tables import ANNOTATION_COLUMNS, Reject

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


class FeaturePlacement:
    """Places features on their sequences and names their concepts, some proteins at a time.

    A feature with a name belongs to two concepts, its own ("Binding site: ATP") and its category's
    pool ("Binding site: any"), and is an instance of each.

    Args:
        file: The file's name, for messages.
        settings: Whether a feature that breaks UniProtKB's syntax stops the reading or is
            rejected, and which fraction of a column's features may be rejected for that, or as
            they are outside the sequence. One that is sound but cannot be placed (on another
            isoform, at an unknown position, outside the sequence) is always rejected.
        rejects: Told of those.
    """

    def __init__(self, file: str, settings: IngestionSettings, rejects: RejectLog) -> None:
        self._file, self._settings, self._rejects = file, settings, rejects
        self._n_features: Counter[str] = Counter()
        self._n_suspicious: Counter[str] = Counter()
        self._first_suspicious: dict[str, tuple[WrittenFeature, str]] = {}
        self._n_instances = 0

    @property
    def n_features(self) -> int:
        """Features so far."""
        return self._n_features.total()

    def place(self, features: Iterable[WrittenFeature], proteins: pd.DataFrame) -> pd.DataFrame:
        """Place the features of some proteins.

        Args:
            features: Of these proteins.
            proteins: accession and length.

        Returns:
            Annotations (`ANNOTATION_COLUMNS`), in order of accession; instances go on from those
            of earlier calls.

        Raises:
            ProteinTableError: A feature breaks the syntax and is not to be rejected.
        """
        lengths = dict(zip(proteins["accession"], proteins["length"], strict=True))
        placed = []
        for feature in features:
            position = _position_within(feature.position, lengths[feature.accession])
            column = feature.feature_type.column
            self._n_features[column] += 1
            if isinstance(position, Position):
                placed.append((feature.accession, column, feature.name, *position))
            else:
                self._reject(feature, column, position)
        annotations = _annotate(placed)
        annotations["instance"] += self._n_instances
        self._n_instances += annotations["instance"].nunique()
        return annotations

    def judge(self) -> None:
        """Stop if too many features of a column were rejected.

        Raises:
            ProteinTableError: Naming the first such column and feature.
        """
        allowed = self._settings.max_rejected_fraction
        for column, n_suspicious in self._n_suspicious.items():
            if n_suspicious > max(_FEW, allowed * self._n_features[column]):
                raise self._another_syntax(column)

    def _reject(self, feature: WrittenFeature, column: str, position: BadPosition) -> None:
        if position.malformed and self._settings.on_bad_feature == "stop":
            raise _syntax_error(feature, position.reason, self._file)
        self._rejects.add(
            Reject(
                self._file, feature.line, feature.accession, column, feature.position,
                position.reason,
            )
        )  # fmt: skip
        if position.malformed or position.reason == _OUTSIDE:
            self._n_suspicious[column] += 1
            self._first_suspicious.setdefault(column, (feature, position.reason))

    def _another_syntax(self, column: str) -> ProteinTableError:
        feature, reason = self._first_suspicious[column]
        return ProteinTableError(
            f"{self._file}: {self._n_suspicious[column]} of {self._n_features[column]} features in"
            f' column "{column}" would be rejected, the first in line {feature.line}:'
            f' "{feature.position[:60]}" is {reason}. The column does not seem to be UniProt\'s, or'
            " of these sequences: export it again, or raise ingestion.max_rejected_fraction."
        )


def order_by_protein(annotations: pd.DataFrame) -> pd.DataFrame:
    """Annotations of several calls of `FeaturePlacement.place`, in order of accession.

    Args:
        annotations: `ANNOTATION_COLUMNS`; those of a protein are together.

    Returns:
        The same, with instances numbered in their order.
    """
    code, accessions = pd.factorize(annotations["accession"])
    rank = np.empty(len(accessions), dtype=np.int64)
    rank[np.argsort(accessions)] = np.arange(len(accessions))
    ordered = annotations.iloc[np.argsort(rank[code], kind="stable")].reset_index(drop=True)
    return ordered.assign(instance=pd.factorize(ordered["instance"])[0].astype(np.int64))


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
