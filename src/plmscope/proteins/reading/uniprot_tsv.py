"""UniProtKB tables, as the UniProt site exports them ("Download", format TSV)."""

import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from plmscope.proteins.annotations import OnBadFeature, WrittenFeature, place_features
from plmscope.proteins.errors import ProteinTableError
from plmscope.proteins.feature_types import FEATURE_TYPES, FeatureType
from plmscope.proteins.reading.feature_cells import CellFeature, split_cell
from plmscope.proteins.reading.rejects import (
    RejectLog,
    refuse_if_all_rejected,
    warn_of_repeated,
)
from plmscope.proteins.reading.sequences import clean_sequence
from plmscope.proteins.reading.text_files import numbered_lines
from plmscope.proteins.tables import (
    READ_PROTEIN_COLUMNS,
    REJECT_COLUMNS,
    SPLITS,
    WRONG_LENGTH,
    Reject,
    UniprotTables,
    make_table,
    refuse_again,
)

logger = logging.getLogger(__name__)

NEEDED_COLUMNS = ("Entry", "Sequence")
_LONGEST_NAME = 20
_MISSING = {"", "nan", "na", "n/a", "none", "null"}
"""What other programs write into empty cells, without regard to case."""
_QUOTE_IN_QUOTES = re.compile(r'""|\\"')
_NAME_COLUMNS = ("Entry Name", "Protein names", "Gene Names", "Organism")
_FEATURE_COLUMNS = tuple(kind.column for kind in FEATURE_TYPES)
_SPELLING = {
    name.casefold(): name for name in (*NEEDED_COLUMNS, *_NAME_COLUMNS, "Length", *_FEATURE_COLUMNS)
}
"""UniProt's site wrote "Entry name" and "Gene names" until 2022."""


class UniprotCells(NamedTuple):
    """A UniProtKB table as it is written: nothing cleaned, nothing parsed.

    Args:
        file: Where it comes from, for messages.
        cells: Text columns under UniProt's names; the index is the line in the file.
    """

    file: str
    cells: pd.DataFrame


def read_uniprot_tsv(
    path: Path | str,
    on_bad_feature: OnBadFeature = "stop",
    cluster_column: str | None = None,
    split_column: str | None = None,
    max_rejected_fraction: float = 1.0,
) -> UniprotTables:
    """Read a UniProtKB TSV export, plain or gzipped.

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
    cells = read_uniprot_cells(path)
    return parse_uniprot_cells(
        cells, on_bad_feature, cluster_column, split_column, max_rejected_fraction
    )


def read_uniprot_cells(path: Path | str) -> UniprotCells:
    """Read the text of a UniProtKB TSV export; see `read_uniprot_tsv`."""
    lines = ((number, line) for number, line in numbered_lines(Path(path)) if line.strip())
    columns = _header(next(lines, (1, ""))[1], str(path))
    numbers, rows = [], []
    for number, line in lines:
        fields = _fields(line, len(columns))
        if _is_header(fields):
            _check_header_again(fields, columns, f"{path}, line {number}")
            continue
        if len(fields) != len(columns):
            raise ProteinTableError(
                f"{path}, line {number}: {len(fields)} fields where the header has "
                f"{len(columns)}. Fix the row (a tab too many or too few), or export it again."
            )
        numbers.append(number)
        rows.append(fields)
    if not rows:
        raise ProteinTableError(f"{path} has a header but no protein. Export it again.")
    cells = pd.DataFrame(rows, columns=columns, index=pd.Index(numbers, name="line"), dtype="str")
    return UniprotCells(str(path), cells)


def empty_uniprot_cells() -> UniprotCells:
    """A table without a protein: for work on a FASTA corpus alone."""
    return UniprotCells("", pd.DataFrame(columns=list(NEEDED_COLUMNS), dtype="str"))


def parse_uniprot_cells(
    table: UniprotCells,
    on_bad_feature: OnBadFeature = "stop",
    cluster_column: str | None = None,
    split_column: str | None = None,
    max_rejected_fraction: float = 1.0,
) -> UniprotTables:
    """Clean the sequences and place the features of a UniProtKB table; see `read_uniprot_tsv`."""
    proteins, protein_rejects = _parse_proteins(table, cluster_column, split_column)
    _check_splits(proteins, split_column)
    refuse_if_all_rejected(proteins, protein_rejects)
    cells = table.cells.loc[proteins["line"]]
    _tell_without_features(cells, table.file)
    annotations, feature_rejects = place_features(
        _written_features(cells), proteins, table.file, on_bad_feature, max_rejected_fraction
    )
    rejects = pd.concat([protein_rejects, feature_rejects], ignore_index=True)
    if table.file:
        logger.info(
            "%s: %d proteins and %d annotations read, %d proteins and %d features rejected",
            table.file, len(proteins), len(annotations), len(protein_rejects), len(feature_rejects),
        )  # fmt: skip
    return UniprotTables(proteins, annotations, rejects)


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


def _tell_without_features(cells: pd.DataFrame, file: str) -> None:
    """Warn of a table that cannot give a single annotation."""
    found = [name for name in _FEATURE_COLUMNS if name in cells.columns]
    if cells.empty or not all(_is_missing(cells[name]).all() for name in found):
        return
    fault = "the feature columns are all empty" if found else "there is no feature column"
    logger.warning(
        "%s: %s, so that there is no annotation and no concept. These columns are read: %s",
        file, fault, ", ".join(_FEATURE_COLUMNS),
    )  # fmt: skip


def _parse_proteins(
    table: UniprotCells, cluster_column: str | None, split_column: str | None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Clean each row's sequence; leave out what cannot be trusted, with the reason."""
    cells = table.cells
    absent = pd.Series("", index=cells.index, dtype="str")
    names = zip(*(cells.get(name, absent) for name in _NAME_COLUMNS), strict=True)
    lengths = cells.get("Length", absent)
    given = zip(
        absent if cluster_column is None else _column(table, cluster_column, "cluster_column"),
        absent if split_column is None else _column(table, split_column, "split_column"),
        strict=True,
    )
    seen: dict[str, str] = {}
    proteins: list[tuple[object, ...]] = []
    rejects: list[Reject] = []

    for line, accession, text, length, row_names, row_given in zip(
        cells.index, cells["Entry"].str.strip(), cells["Sequence"], lengths, names, given,
        strict=True,
    ):  # fmt: skip
        cleaned = clean_sequence(text)
        n_residues = len(cleaned.residues)
        if not accession:
            fault = ("Entry", "", "no accession")
        elif accession in seen:
            reason = refuse_again(cleaned.residues, seen[accession])
            fault = ("Entry", accession, reason)
        elif cleaned.problem:
            fault = ("Sequence", cleaned.offence, cleaned.problem)
        elif not _is_length(length, n_residues):
            fault = ("Length", f"{length}, found {n_residues}", WRONG_LENGTH)
        else:
            seen[accession] = cleaned.residues
            proteins.append(
                (accession, *row_names, n_residues, cleaned.residues, "annotated", *row_given,
                 table.file, line, cleaned.repairs)
            )  # fmt: skip
            continue
        rejects.append(Reject(table.file, line, accession, *fault))
    warn_of_repeated(RejectLog.of(rejects), len(proteins))
    return make_table(proteins, READ_PROTEIN_COLUMNS), make_table(rejects, REJECT_COLUMNS)


def _is_missing(column: "pd.Series[str]") -> "pd.Series[bool]":
    return column.str.strip().str.casefold().isin(_MISSING)


def _is_length(text: str, n_residues: int) -> bool:
    """Whether a Length cell says so: empty, 60, 60.0 (pandas, of a column with gaps) or 1,060."""
    plain = text.strip().replace(",", "")
    if plain == str(n_residues) or plain.casefold() in _MISSING:
        return True
    try:
        return float(plain) == n_residues
    except ValueError:
        return False


def _column(table: UniprotCells, name: str, setting: str) -> "pd.Series[str]":
    if name not in table.cells.columns:
        raise ProteinTableError(
            f"{table.file}, line 1: no column {name!r}. Add it, or set ingestion.{setting}: null."
        )
    return table.cells[name]


def _check_splits(proteins: pd.DataFrame, column: str | None) -> None:
    """Splits are given for all proteins, or for none."""
    wrong = proteins[~proteins["split"].isin(SPLITS)]
    if wrong.empty or (proteins["split"] == "").all():
        return
    protein = wrong.iloc[0]
    raise ProteinTableError(
        f'{protein["file"]}, line {protein["line"]}, column "{column}" of {protein["accession"]}: '
        f'"{protein["split"]}" is no split. Expected {", ".join(SPLITS[:-1])} or {SPLITS[-1]} for '
        "every protein. Fix the cell, or set ingestion.split_column: null."
    )


def _written_features(cells: pd.DataFrame) -> Iterator[WrittenFeature]:
    for feature_type in FEATURE_TYPES:
        if feature_type.column in cells.columns:
            yield from _column_features(cells, feature_type)


def _column_features(cells: pd.DataFrame, feature_type: FeatureType) -> Iterator[WrittenFeature]:
    column = cells[feature_type.column]
    filled = cells.loc[~_is_missing(column), ["Entry", feature_type.column]]
    for line, accession, cell in filled.itertuples(name=None):
        for feature in split_cell(cell, feature_type):
            position, name = feature if isinstance(feature, CellFeature) else (feature.text, "")
            yield WrittenFeature(line, accession.strip(), feature_type, position, name)
