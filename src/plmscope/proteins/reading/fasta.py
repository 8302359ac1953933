"""Proteins from FASTA files."""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from Bio.SeqIO.FastaIO import SimpleFastaParser

from plmscope.proteins.errors import ProteinTableError
from plmscope.proteins.reading.rejects import RejectLog, warn_of_repeated
from plmscope.proteins.reading.seen import SeenAccessions
from plmscope.proteins.reading.sequences import clean_sequence
from plmscope.proteins.reading.text_files import numbered_lines
from plmscope.proteins.tables import (
    READ_PROTEIN_COLUMNS,
    ProteinTables,
    Reject,
    make_table,
    refuse_again,
)

RECORDS_AT_ONCE = 20_000

_UNIPROT_NAME = re.compile(r"(?i:sp|tr)\|([^|\s]+)(?:\|(\S*))?")
_UNIPROT_FIELDS = re.compile(r"\s(OS|OX|GN|PE|SV)=")
_PIR = re.compile(r">(?:P1|F1|DL|DC|RL|RC|N1|N3|XX);")
_NEXT_TITLE = "\x01"
"""NCBI joins the titles of entries that have one sequence by it."""


class FastaFile(NamedTuple):
    """A FASTA file that has not been read yet.

    Attributes:
        path: Where it is; None for no file.
    """

    path: Path | None

    def chunks(self, rejects: RejectLog) -> Iterator[pd.DataFrame]:
        """Its proteins, see `fasta_chunks`; none where there is no file."""
        return iter(()) if self.path is None else fasta_chunks(self.path, rejects)


class _Title(NamedTuple):
    accession: str
    entry_name: str
    protein_name: str
    gene_names: str
    organism: str


def read_fasta(path: Path | str) -> ProteinTables:
    """Read a FASTA file, plain, gzipped or as zstd, with headers of any bank, or of none.

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
    rejects = RejectLog()
    chunks = list(fasta_chunks(Path(path), rejects))
    return ProteinTables(pd.concat(chunks, ignore_index=True), rejects.table())


def fasta_chunks(path: Path, rejects: RejectLog) -> Iterator[pd.DataFrame]:
    """Read a FASTA file in one pass and in little memory.

    Args:
        path: Where it is.
        rejects: Told of the records that are left out.

    Yields:
        Proteins as of `read_fasta`, `RECORDS_AT_ONCE` records at a time; the first maybe none.

    Raises:
        ProteinTableError: As of `read_fasta`.
    """
    seen = SeenAccessions()
    records = _records(path)
    n_kept = 0
    while chunk := list(islice(records, RECORDS_AT_ONCE)):
        proteins = make_table(_distinct(chunk, str(path), seen, rejects), READ_PROTEIN_COLUMNS)
        n_kept += len(proteins)
        yield proteins
    warn_of_repeated(rejects, n_kept)


def _distinct(
    chunk: list[tuple[int, str, str]], file: str, seen: SeenAccessions, rejects: RejectLog
) -> list[tuple[object, ...]]:
    """The rows of the sound records of a chunk whose accession no earlier record has."""
    titles = [_parse_title(title) for _, title, _ in chunk]
    earlier = seen.find([title.accession for title in titles])
    new: dict[int, int] = {}
    rows = []
    for (line, title, text), (accession, *names), of_earlier in zip(
        chunk, titles, earlier, strict=True
    ):
        cleaned = clean_sequence(text)
        own = hash(cleaned.residues)
        known = new.get(hash(accession), of_earlier)
        if known not in (None, own):
            accession = _name_of_its_own(title, accession)
            known = new.get(hash(accession), seen.find([accession])[0])
        if not accession:
            rejects.add(Reject(file, line, "", "header", title, "no name after >"))
        elif cleaned.problem:
            rejects.add(Reject(file, line, accession, "sequence", cleaned.offence, cleaned.problem))
        elif known is not None:
            reason = refuse_again(own, known)
            rejects.add(Reject(file, line, accession, "accession", accession, reason))
        else:
            new[hash(accession)] = own
            rows.append(
                (
                    accession, *names, len(cleaned.residues), cleaned.residues, "corpus", "", "",
                    file, line, cleaned.repairs,
                )
            )  # fmt: skip
    seen.add(new)
    return rows


def _records(path: Path) -> Iterator[tuple[int, str, str]]:
    """Line, title and sequence of each record; the spaces of a sequence's layout are gone."""
    header_lines: deque[int] = deque()  # the parser is a record ahead
    lines = _checked_lines(path, header_lines)
    for title, sequence in SimpleFastaParser(lines):  # type: ignore[no-untyped-call]
        yield header_lines.popleft(), title, sequence


def _checked_lines(path: Path, header_lines: deque[int]) -> Iterable[str]:
    """The file's lines; notes the numbers of its header lines as the parser reaches them."""
    has_begun = False
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
            has_begun = True
            header_lines.append(number)
        elif line.strip() and not has_begun:
            raise ProteinTableError(
                f'{path}, line {number}: "{line[:40]}" stands before the first header line. '
                "A FASTA file begins with '>', then a name."
            )
        yield line + "\n"
    if not has_begun:
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
