"""The columns of the tables that proteins, annotations and rejects are held in."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import pandas as pd

SPLITS = ("train", "valid", "test")

# What a reader knows of a protein. `cluster` and `split` are "" unless the file gives them; `file`,
# `line` and `repairs` serve rejects and the report.
READ_PROTEIN_COLUMNS = {
    "accession": "str",
    "entry_name": "str",
    "protein_name": "str",
    "gene_names": "str",
    "organism": "str",
    "length": "int64",
    "sequence": "str",
    "origin": "str",
    "cluster": "str",
    "split": "str",
    "file": "str",
    "line": "int64",
    "repairs": "str",
}
PROTEIN_COLUMNS = (
    "accession",
    "entry_name",
    "protein_name",
    "gene_names",
    "organism",
    "length",
    "sequence",
    "origin",
    "cluster",
    "split",
)
ANNOTATION_COLUMNS = {
    "accession": "str",
    "category": "str",
    "concept": "str",
    "level": "str",
    "start": "int64",
    "end": "int64",
    "instance": "int64",
}
REJECT_COLUMNS = {
    "file": "str",
    "line": "int64",
    "accession": "str",
    "field": "str",
    "value": "str",
    "reason": "str",
}


SAME_ACCESSION = "same accession as an earlier protein"
OTHER_SEQUENCE = "same accession as an earlier protein, with another sequence"
WRONG_LENGTH = "Length is not the sequence's"


class ProteinTables(NamedTuple):
    """Proteins without annotations, as a FASTA file holds them.

    Args:
        proteins: `READ_PROTEIN_COLUMNS`, a row a protein.
        rejects: `REJECT_COLUMNS`, a row for whatever was left out.
    """

    proteins: pd.DataFrame
    rejects: pd.DataFrame


class UniprotTables(NamedTuple):
    """Proteins with their annotations.

    Args:
        proteins: `READ_PROTEIN_COLUMNS`, a row a protein.
        annotations: `ANNOTATION_COLUMNS`: 1-based inclusive positions; the rows of one instance
            (both ends of a disulfide bond) share its number.
        rejects: `REJECT_COLUMNS`, a row for each protein and each feature that was left out.
    """

    proteins: pd.DataFrame
    annotations: pd.DataFrame
    rejects: pd.DataFrame


class Reject(NamedTuple):
    """One thing that was left out, and why."""

    file: str
    line: int
    accession: str
    field: str
    value: str
    reason: str


def make_table(rows: Iterable[Sequence[object]], columns: dict[str, str]) -> pd.DataFrame:
    """A table with the given columns and dtypes, also where there are no rows."""
    return pd.DataFrame(list(rows), columns=list(columns)).astype(columns)


def refuse_again(sequence: str | int, earlier: str | int) -> str:
    """Why a protein is rejected whose accession an earlier one has.

    Args:
        sequence: Its sequence, or the hash of it.
        earlier: That of the earlier one.
    """
    return SAME_ACCESSION if sequence == earlier else OTHER_SEQUENCE


def empty_protein_tables() -> ProteinTables:
    """No protein, and nothing left out."""
    return ProteinTables(make_table([], READ_PROTEIN_COLUMNS), make_table([], REJECT_COLUMNS))


def reject_proteins(proteins: pd.DataFrame, field: str, reason: str) -> pd.DataFrame:
    """Reject rows for proteins of `READ_PROTEIN_COLUMNS`; `field` names the column at fault."""
    return pd.DataFrame(
        {
            "file": proteins["file"],
            "line": proteins["line"],
            "accession": proteins["accession"],
            "field": field,
            "value": proteins[field].astype("str"),
            "reason": reason,
        }
    ).astype(REJECT_COLUMNS)
