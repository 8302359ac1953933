"""Reading what somebody asks about: a file, sequences or accessions, in any mixture."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from plmscope.disk.files import scratch_folder
from plmscope.explanation.errors import QueryError
from plmscope.explanation.queries.accessions import find_accession
from plmscope.proteins import ProteinTables, check_nucleotides, read_fasta, refuse_if_all_rejected
from plmscope.proteins.reading.sequences import clean_sequence
from plmscope.proteins.reading.text_files import numbered_lines
from plmscope.proteins.tables import (
    READ_PROTEIN_COLUMNS,
    REJECT_COLUMNS,
    Reject,
    make_table,
    refuse_again,
)
from plmscope.proteins.uniprot import is_accession

Query = str | Path | Mapping[str, str] | Iterable[str]
"""A FASTA file (plain or gzipped), a file with a bare sequence or with accessions, FASTA text,
a sequence, an accession; sequences by name; several sequences or accessions."""

GIVEN = "query"
"""Stands for the file where there is none."""
_LOOKS_LIKE_A_FILE = re.compile(r"[/\\]|\.\w{1,8}$")


def read_query(query: Query, known: pd.DataFrame, *, downloads: bool) -> ProteinTables:
    """Read the sequences that are asked about, by the rules of ingestion.

    Args:
        query: What is asked about.
        known: accession and sequence of the proteins in which accessions are looked up.
        downloads: Whether an accession that is not there is asked for at UniProt.

    Returns:
        The sequences in their order, and what was left out with its reason.

    Raises:
        ProteinTableError: A file cannot be read, nothing is left, or it seems to be nucleotides.
        QueryError: There is nothing to explain.
    """
    tables = _read(query, known, downloads)
    if tables.proteins.empty and tables.rejects.empty:
        raise QueryError("The query is empty. Give a FASTA file, a sequence or an accession.")
    refuse_if_all_rejected(tables.proteins, tables.rejects)
    check_nucleotides(tables.proteins, allowed=False, insist="")
    return tables


class OneProtein(NamedTuple):
    """A protein that is asked about.

    Attributes:
        name: Its accession, or what it is called.
        sequence: One letter a residue.
    """

    name: str
    sequence: str


def read_one_protein(query: Query, known: pd.DataFrame, downloads: bool) -> OneProtein:
    """Read a query that is to be one protein.

    Args:
        query: What is asked about.
        known: accession and sequence of the proteins in which accessions are looked up.
        downloads: Whether an accession that is not there is asked for at UniProt.

    Raises:
        ProteinTableError: As of `read_query`.
        QueryError: There are several.
    """
    proteins = read_query(query, known, downloads=downloads).proteins
    if len(proteins) > 1:
        raise QueryError(
            f"The query has {len(proteins)} sequences ({', '.join(proteins['accession'].head(3))}"
            f"{'…' if len(proteins) > 3 else ''}). Give one."
        )
    return OneProtein(*proteins[["accession", "sequence"]].iloc[0])


def _read(query: Query, known: pd.DataFrame, downloads: bool) -> ProteinTables:
    if isinstance(query, Mapping):
        return _read_named(query.items(), known, downloads)
    if not isinstance(query, str | Path):
        named = ((f"{GIVEN}_{number}", text) for number, text in enumerate(query, start=1))
        return _read_named(named, known, downloads)
    if _is_file(query):
        return _read_file(Path(query).expanduser(), known, downloads)
    text = str(query).strip()
    if text.startswith(">"):
        return _read_fasta_text(text)
    if isinstance(query, Path) or _LOOKS_LIKE_A_FILE.search(text):
        raise QueryError(f"{query} does not exist. Give a FASTA file, a sequence or an accession.")
    return _read_named([(GIVEN, text)], known, downloads) if text else _nothing()


def _is_file(query: str | Path) -> bool:
    try:
        return Path(query).expanduser().exists() and str(query) != ""
    except OSError:  # a sequence is too long a name
        return False


def _read_file(path: Path, known: pd.DataFrame, downloads: bool) -> ProteinTables:
    """A file: FASTA, accessions, or one bare sequence, which its name stands for."""
    first = next((line for _, line in numbered_lines(path) if line.strip()), "")
    if first.startswith((">", ";")):
        return read_fasta(path)
    words = " ".join(line for _, line in numbered_lines(path)).replace(",", " ").split()
    if words and all(map(is_accession, words)):
        return _read_named(zip(words, words, strict=True), known, downloads, str(path))
    name = path.name.partition(".")[0] or GIVEN
    return _read_named([(name, "".join(words))], known, downloads, str(path))


def _read_fasta_text(text: str) -> ProteinTables:
    with scratch_folder() as folder:
        path = folder / "query.fasta"
        path.write_text(text + "\n", encoding="utf-8")
        tables = read_fasta(path)
    return ProteinTables(*(table.assign(file=GIVEN) for table in tables))


def _read_named(
    named: Iterable[tuple[str, str]], known: pd.DataFrame, downloads: bool, file: str = GIVEN
) -> ProteinTables:
    """Sequences or accessions, each with a name."""
    rows: dict[str, tuple[object, ...]] = {}
    rejects: list[Reject] = []
    for number, (given_name, text) in enumerate(named, start=1):
        name, sequence, field, reason = str(given_name), str(text), "sequence", ""
        if is_accession(sequence.strip()):
            name = sequence.strip().upper()
            sequence, reason = find_accession(name, known, downloads)
            field = "accession"
        cleaned = clean_sequence(sequence)
        if reason or cleaned.problem:
            offence = name if reason else cleaned.offence
            rejects.append(Reject(file, number, name, field, offence, reason or cleaned.problem))
        elif name in rows:
            reason = refuse_again(cleaned.residues, str(rows[name][6]))
            rejects.append(Reject(file, number, name, "accession", name, reason))
        else:
            rows[name] = (
                name, "", "", "", "", len(cleaned.residues), cleaned.residues, "corpus", "", "",
                file, number, cleaned.repairs,
            )  # fmt: skip
    return ProteinTables(
        make_table(rows.values(), READ_PROTEIN_COLUMNS), make_table(rejects, REJECT_COLUMNS)
    )


def _nothing() -> ProteinTables:
    return ProteinTables(make_table([], READ_PROTEIN_COLUMNS), make_table([], REJECT_COLUMNS))
