"""Proteins from FASTA files."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from Bio.SeqIO.FastaIO import SimpleFastaParser

from plmscope.proteins.errors import ProteinTableError
from plmscope.proteins.reading.sequences import clean_sequence
from plmscope.proteins.reading.text_files import numbered_lines
from plmscope.proteins.tables import (
    READ_PROTEIN_COLUMNS,
    REJECT_COLUMNS,
    ProteinTables,
    Reject,
    make_table,
    refuse_again,
    warn_of_repeated,
)

_UNIPROT_NAME = re.compile(r"(?i:sp|tr)\|([^|\s]+)(?:\|(\S*))?")
_UNIPROT_FIELDS = re.compile(r"\s(OS|OX|GN|PE|SV)=")
_PIR = re.compile(r">(?:P1|F1|DL|DC|RL|RC|N1|N3|XX);")
_NEXT_TITLE = "\x01"
"""NCBI joins the titles of entries that have one sequence by it."""


class _Title(NamedTuple):
    accession: str
    entry_name: str
    protein_name: str
    gene_names: str
    organism: str


def read_fasta(path: Path | str) -> ProteinTables:
    """Read a FASTA file, plain or gzipped, with headers of any bank, or of none.

    UniProt's `sp|P01308|INS_HUMAN` and `tr|…` name the accession in the second field. Any other
    header's first word is the accession, as it stands: `pdb|1ABC|A`, `UniRef50_P01308`. Where
    records with other sequences share it ("chain 1", "chain 2"), each further one is named by
    its whole header: "chain_2".

    Args:
        path: Where it is.

    Returns:
        Proteins with origin "corpus" in the file's order, and the records that were left out:
        without a name, without a sequence, with a letter that is no amino acid, or with an
        accession that an earlier record has.

    Raises:
        ProteinTableError: The file cannot be read, or does not begin with a header line.
    """
    file = str(path)
    proteins: dict[str, tuple[object, ...]] = {}
    sequences: dict[str, str] = {}
    rejects: list[Reject] = []
    for line, title, text in _records(Path(path)):
        accession, *names = _parse_title(title)
        cleaned = clean_sequence(text)
        if sequences.get(accession, cleaned.residues) != cleaned.residues:
            accession = _name_of_its_own(title, accession)
        if not accession:
            rejects.append(Reject(file, line, "", "header", title, "no name after >"))
        elif cleaned.problem:
            rejects.append(
                Reject(file, line, accession, "sequence", cleaned.offence, cleaned.problem)
            )
        elif accession in proteins:
            reason = refuse_again(cleaned.residues, sequences[accession])
            rejects.append(Reject(file, line, accession, "accession", accession, reason))
        else:
            sequences[accession] = cleaned.residues
            proteins[accession] = (
                accession, *names, len(cleaned.residues), cleaned.residues, "corpus", "", "",
                file, line, cleaned.repairs,
            )  # fmt: skip
    warn_of_repeated(rejects, len(proteins))
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
        if line.startswith(";"):  # a comment
            continue
        if _PIR.match(line):
            raise ProteinTableError(
                f'{path}, line {number}: "{line[:40]}" is a header of the PIR format, whose next'
                " line is no sequence. Convert the file to FASTA, for example with Biopython's"
                " SeqIO.convert(file, 'pir', new_file, 'fasta')."
            )
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


def _parse_title(title: str) -> _Title:
    """What a header says; "" for what it does not."""
    first, *others = title.partition(_NEXT_TITLE)[0].split(maxsplit=1) or [""]
    uniprot = _UNIPROT_NAME.fullmatch(first)
    accession, entry_name = uniprot.groups("") if uniprot else (first, "")
    protein_name, *fields = _UNIPROT_FIELDS.split(" " + "".join(others))
    values = dict(zip(fields[::2], fields[1::2], strict=True))
    return _Title(
        accession, entry_name, protein_name.strip(), values.get("GN", ""), values.get("OS", "")
    )


def _name_of_its_own(title: str, accession: str) -> str:
    """The whole header as one word, unless it is UniProt's: two of these are versions of one."""
    words = title.partition(_NEXT_TITLE)[0].split()
    return accession if _UNIPROT_NAME.fullmatch(words[0]) else "_".join(words)
