"""Proteins from FASTA files."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from Bio.SeqIO.FastaIO import SimpleFastaParser

from .errors import ProteinTableError
from .sequences import clean_sequence
from .tables import (
    READ_PROTEIN_COLUMNS,
    REJECT_COLUMNS,
    SAME_ACCESSION,
    ProteinTables,
    Reject,
    make_table,
)
from .text_files import numbered_lines

_UNIPROT_FIELDS = re.compile(r"\s(OS|OX|GN|PE|SV)=")


def read_fasta(path: Path | str) -> ProteinTables:
    """Read a FASTA file, plain or `.gz`; a header is UniProt's, or just starts with a name.

    Args:
        path: The file.

    Returns:
        Proteins with origin "corpus" in the file's order, and the records that were left out:
        without a name, without a sequence, with a letter that is no amino acid, or with an
        accession that an earlier record has.

    Raises:
        ProteinTableError: The file cannot be read, or does not begin with a header line.
    """
    file = str(path)
    proteins: dict[str, tuple[object, ...]] = {}
    rejects: list[Reject] = []
    for line, title, text in _records(Path(path)):
        accession, *names = _parse_title(title)
        cleaned = clean_sequence(text)
        if not accession:
            rejects.append(Reject(file, line, "", "header", title, "no name after >"))
        elif cleaned.problem:
            rejects.append(
                Reject(file, line, accession, "sequence", cleaned.offence, cleaned.problem)
            )
        elif accession in proteins:
            rejects.append(Reject(file, line, accession, "accession", accession, SAME_ACCESSION))
        else:
            proteins[accession] = (
                accession, *names, len(cleaned.residues), cleaned.residues, "corpus", "", "",
                file, line, cleaned.repairs,
            )  # fmt: skip
    return ProteinTables(
        make_table(proteins.values(), READ_PROTEIN_COLUMNS), make_table(rejects, REJECT_COLUMNS)
    )


def _records(path: Path) -> Iterator[tuple[int, str, str]]:
    """Line, title and sequence of each record; the spaces of a sequence's layout are gone."""
    header_lines: list[int] = []
    lines = _checked_lines(path, header_lines)
    for record, (title, sequence) in enumerate(SimpleFastaParser(lines)):  # type: ignore[no-untyped-call]
        yield header_lines[record], title, sequence


def _checked_lines(path: Path, header_lines: list[int]) -> Iterable[str]:
    """The file's lines; notes the numbers of its header lines as the parser reaches them."""
    for number, line in numbered_lines(path):
        if line.startswith(">"):
            header_lines.append(number)
        elif line.strip() and not header_lines:
            raise ProteinTableError(
                f'{path}, line {number}: "{line[:40]}" stands before the first header line. '
                "A FASTA file begins with '>', then a name."
            )
        yield line + "\n"
    if not header_lines:
        raise ProteinTableError(f"{path} holds no FASTA record. Give a file with one or more.")


def _parse_title(title: str) -> tuple[str, str, str, str, str]:
    """Accession, entry name, protein name, gene names and organism; "" for what is not given."""
    name, _, description = title.strip().partition(" ")
    parts = name.split("|")
    accession, entry_name = (parts[1], parts[2]) if len(parts) == 3 else (name, "")
    protein_name, *fields = _UNIPROT_FIELDS.split(" " + description)
    values = dict(zip(fields[::2], fields[1::2], strict=True))
    return (
        accession, entry_name, protein_name.strip(), values.get("GN", ""), values.get("OS", ""),
    )  # fmt: skip
