"""UniProtKB tables, as the UniProt site exports them ("Download", format TSV)."""

import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

import pandas as pd

from plmscope.proteins.annotations import WrittenFeature
from plmscope.proteins.errors import ProteinTableError
from plmscope.proteins.feature_types import FEATURE_TYPES
from plmscope.proteins.reading.feature_cells import CellFeature, split_cell
from plmscope.proteins.reading.text_files import numbered_lines
from plmscope.proteins.reading.uniprot_pass import (
    MISSING,
    FieldNames,
    UniprotChunk,
    UniprotLog,
    UniprotPass,
    WrittenProtein,
    gather,
)
from plmscope.proteins.settings import IngestionSettings
from plmscope.proteins.tables import SPLITS, UniprotTables

logger = logging.getLogger(__name__)

NEEDED_COLUMNS = ("Entry", "Sequence")
_LONGEST_NAME = 20
_QUOTE_IN_QUOTES = re.compile(r'""|\\"')
_NAME_COLUMNS = ("Entry Name", "Protein names", "Gene Names", "Organism")
_FEATURE_COLUMNS = tuple(kind.column for kind in FEATURE_TYPES)
_SPELLING = {
    name.casefold(): name for name in (*NEEDED_COLUMNS, *_NAME_COLUMNS, "Length", *_FEATURE_COLUMNS)
}
"""UniProt's site wrote "Entry name" and "Gene names" until 2022."""


class UniprotTable(NamedTuple):
    """A UniProtKB table that has not been read yet.

    Attributes:
        path: Where it is; None for no file.
    """

    path: Path | None

    def chunks(self, settings: IngestionSettings, log: UniprotLog) -> Iterator[UniprotChunk]:
        """Its proteins, see `uniprot_tsv_chunks`; none where there is no file."""
        return iter(()) if self.path is None else uniprot_tsv_chunks(self.path, settings, log)


def read_uniprot_tsv(
    path: Path | str,
    on_bad_feature: Literal["stop", "reject"] = "stop",
    cluster_column: str | None = None,
    split_column: str | None = None,
    max_rejected_fraction: float = 1.0,
) -> UniprotTables:
    """Read a UniProtKB TSV export, plain, gzipped or as zstd.

    Args:
        path: The file. Columns Entry and Sequence are needed; Length is checked where it is given;
            the feature columns of `FEATURE_TYPES` that are there are read.
        on_bad_feature: What to do with a feature that breaks UniProtKB's syntax.
        cluster_column: The column that gives each protein's homology cluster, if there is one.
        split_column: The column that gives each protein's split, if there is one.
        max_rejected_fraction: Fraction of a column's features that may be rejected for their
            syntax.

    Returns:
        Proteins, annotations and rejects.

    Raises:
        ProteinTableError: The file cannot be read or lacks a column, a given split is none, a
            feature breaks the syntax and `on_bad_feature` is "stop", or all proteins are rejected.
    """
    settings = IngestionSettings(
        on_bad_feature=on_bad_feature,
        cluster_column=cluster_column,
        split_column=split_column,
        max_rejected_fraction=max_rejected_fraction,
    )
    log = UniprotLog()
    return gather(uniprot_tsv_chunks(Path(path), settings, log), log)


def uniprot_tsv_chunks(
    path: Path, settings: IngestionSettings, log: UniprotLog
) -> Iterator[UniprotChunk]:
    """Read a UniProtKB TSV export in one pass and in little memory.

    Args:
        path: Where it is.
        settings: What to do with a bad feature; which columns give clusters and splits.
        log: Told of what is left out.

    Yields:
        Proteins and annotations as of `read_uniprot_tsv`, some proteins at a time.

    Raises:
        ProteinTableError: As of `read_uniprot_tsv`.
    """
    splits = _GivenSplits(settings.split_column)
    fields = FieldNames(accession="Entry", sequence="Sequence", length="Length")
    reading = UniprotPass(str(path), fields, settings, log)
    lines = ((number, line) for number, line in numbered_lines(path) if line.strip())
    columns = _header(next(lines, (1, ""))[1], str(path))
    rows = _rows(lines, columns, str(path))
    _check_column(settings.cluster_column, "cluster_column", columns, path)
    _check_column(settings.split_column, "split_column", columns, path)
    for chunk in reading.chunks(_proteins(rows, settings)):
        splits.check(chunk.proteins)
        yield chunk
    if not reading.n_features:
        _tell_without_features(columns, path)


def _proteins(
    rows: Iterator[tuple[int, dict[str, str]]], settings: IngestionSettings
) -> Iterator[WrittenProtein]:
    """What the rows of a table say, one a protein."""
    cluster, split = settings.cluster_column, settings.split_column
    for number, cells in rows:
        accession = cells["Entry"].strip()
        entry_name, protein_name, gene_names, organism = (
            cells.get(name, "") for name in _NAME_COLUMNS
        )
        yield WrittenProtein(
            number,
            accession,
            (entry_name, protein_name, gene_names, organism),
            cells["Sequence"],
            cells.get("Length", ""),
            "" if cluster is None else cells[cluster],
            "" if split is None else cells[split],
            _features(number, accession, cells),
        )


def _rows(
    lines: Iterator[tuple[int, str]], columns: list[str], file: str
) -> Iterator[tuple[int, dict[str, str]]]:
    """Number and cells of each line after the header."""
    has_rows = False
    for number, line in lines:
        fields = _fields(line, len(columns))
        if _is_header(fields):
            _check_header_again(fields, columns, f"{file}, line {number}")
            continue
        if len(fields) != len(columns):
            raise ProteinTableError(
                f"{file}, line {number}: {len(fields)} fields where the header has "
                f"{len(columns)}. Fix the row (a tab too many or too few), or export it again."
            )
        has_rows = True
        yield number, dict(zip(columns, fields, strict=True))
    if not has_rows:
        raise ProteinTableError(f"{file} has a header but no protein. Export it again.")


def _features(line: int, accession: str, cells: dict[str, str]) -> Iterator[WrittenFeature]:
    for feature_type in FEATURE_TYPES:
        cell = cells.get(feature_type.column, "")
        if cell and cell.strip().casefold() not in MISSING:
            for feature in split_cell(cell, feature_type):
                position, name = feature if isinstance(feature, CellFeature) else (feature.text, "")
                yield WrittenFeature(line, accession, feature_type, position, name)


def _header(line: str, file: str) -> list[str]:
    columns = _spelled(_fields(line))
    while columns and not columns[-1]:  # trailing tabs
        columns.pop()
    if missing := [name for name in NEEDED_COLUMNS if name not in columns]:
        raise ProteinTableError(
            f"{file}, line 1: no column {' or '.join(map(repr, missing))} "
            f"(found: {', '.join(columns)[:200]}). "
            "Export a TSV from UniProtKB with the columns Entry and Sequence"
            + (", separated by tabs." if "\t" not in line else ".")
        )
    if repeated := {name for name in columns if name and columns.count(name) > 1}:
        raise ProteinTableError(
            f"{file}, line 1: column {', '.join(sorted(repeated))} comes twice. Keep one."
        )
    return columns


def _spelled(names: list[str]) -> list[str]:
    """Names of columns in today's spelling."""
    return [_SPELLING.get(name.casefold(), name) for name in map(str.strip, names)]


def _fields(line: str, n_columns: int | None = None) -> list[str]:
    """The cells of a line, without quotes that another program put around them.

    Args:
        line: Its number in the file, for messages.
        n_columns: How many there should be; empty cells beyond them are dropped.
    """
    fields = line.split("\t")
    if '\t"' in line or line.startswith('"'):
        fields = [_unquoted(field) for field in fields]
    while n_columns is not None and len(fields) > n_columns and not fields[-1].strip():
        fields.pop()
    return fields


def _unquoted(field: str) -> str:
    """What a quoted cell holds: quotes in it are doubled (pandas, Excel) or escaped (R)."""
    if len(field) < 2 or not field.startswith('"') or not field.endswith('"'):
        return field
    inner = _QUOTE_IN_QUOTES.sub("\0", field[1:-1])
    return field if '"' in inner else inner.replace("\0", '"')


def _is_header(fields: list[str]) -> bool:
    short = {field.strip().casefold() for field in fields if len(field) < _LONGEST_NAME}
    return {name.casefold() for name in NEEDED_COLUMNS} <= short


def _check_header_again(fields: list[str], columns: list[str], place: str) -> None:
    """Tables that were put together bring their headers along: harmless if they are the same."""
    if _spelled(fields) != columns:
        raise ProteinTableError(
            f"{place}: a second header, with other columns than the first. Put only tables with"
            " the same columns together."
        )


def _tell_without_features(columns: list[str], path: Path) -> None:
    """Warn of a table that did not give a single feature."""
    found = set(columns) & set(_FEATURE_COLUMNS)
    fault = "the feature columns are all empty" if found else "there is no feature column"
    logger.warning(
        "%s: %s, so that there is no annotation and no concept. These columns are read: %s",
        path, fault, ", ".join(_FEATURE_COLUMNS),
    )  # fmt: skip


def _check_column(name: str | None, setting: str, columns: list[str], path: Path) -> None:
    if name is not None and name not in columns:
        raise ProteinTableError(
            f"{path}, line 1: no column {name!r}. Add it, or set ingestion.{setting}: null."
        )


class _GivenSplits:
    """Splits are given for all proteins, or for none."""

    def __init__(self, column: str | None) -> None:
        self._column = column
        self._any_given = False
        self._first_wrong: pd.DataFrame | None = None

    def check(self, proteins: pd.DataFrame) -> None:
        """Look at some more proteins.

        Raises:
            ProteinTableError: Some have a split, and one has none, or another word.
        """
        self._any_given |= bool((proteins["split"] != "").any())
        wrong = proteins[~proteins["split"].isin(SPLITS)]
        if self._first_wrong is None and len(wrong):
            self._first_wrong = wrong.head(1)
        if self._first_wrong is None or not self._any_given:
            return
        protein = self._first_wrong.iloc[0]
        raise ProteinTableError(
            f'{protein["file"]}, line {protein["line"]}, column "{self._column}" of'
            f' {protein["accession"]}: "{protein["split"]}" is no split. Expected '
            f"{', '.join(SPLITS[:-1])} or {SPLITS[-1]} for every protein. Fix the cell, or set"
            " ingestion.split_column: null."
        )
