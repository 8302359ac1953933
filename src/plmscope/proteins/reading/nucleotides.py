"""Coding sequences that were given as proteins: A, C, G, T, U and N are amino acids too."""

import logging
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import pandas as pd

from plmscope.proteins.errors import ProteinTableError

logger = logging.getLogger(__name__)

Chunk = TypeVar("Chunk")

MIN_LENGTH = 20
"""Shorter sequences are not judged: a peptide GAT is one."""
MIN_SHARE = 0.95
"""Of the letters, that are nucleotides; the others may be IUPAC's ambiguous ones."""
BASES = ("A", "C", "G", "TU")


def look_like_nucleotides(sequences: "pd.Series[str]") -> "pd.Series[bool]":
    """Which sequences are nearly all ACGTUN, with each of the four bases among them.

    All four are asked for, as a protein of low complexity (silk's GAGAGS, a tail of alanines)
    may be written with two or three of these letters, but hardly with four and no others.

    Args:
        sequences: Cleaned sequences.
    """
    return sequences.map(_looks_like_nucleotides).astype(bool)


INSIST = ", or insist with ingestion.allow_nucleotides: true"


class NucleotideWatch:
    """Counts the records of a file that look like nucleotides."""

    def __init__(self) -> None:
        self._n, self._n_suspicious = 0, 0
        self._first: pd.DataFrame | None = None

    def over(
        self, chunks: Iterable[Chunk], proteins_of: Callable[[Chunk], pd.DataFrame]
    ) -> Iterator[Chunk]:
        """Hand chunks of a file on, and look at their proteins."""
        for chunk in chunks:
            self.look_at(proteins_of(chunk))
            yield chunk

    def look_at(self, proteins: pd.DataFrame) -> None:
        """Look at some more proteins (`READ_PROTEIN_COLUMNS`) of the file."""
        suspicious = proteins[look_like_nucleotides(proteins["sequence"])]
        self._n += len(proteins)
        self._n_suspicious += len(suspicious)
        if self._first is None and len(suspicious):
            self._first = suspicious.head(1)

    def judge(self, allowed: bool, insist: str = INSIST) -> None:
        """Stop where most records of the file look like nucleotides; warn of single ones.

        Args:
            allowed: Whether to take even a whole file of them as proteins.
            insist: How a user can have it allowed, in words; "" if not at all.

        Raises:
            ProteinTableError: Naming the file, the first such record, and how to insist.
        """
        if self._first is None:
            return
        first = self._first.iloc[0]
        if self._n_suspicious > self._n / 2 and not allowed:
            raise ProteinTableError(
                f"{first['file']}, line {first['line']}: nucleotides? {self._n_suspicious} of"
                f" {self._n} sequences hold hardly any letter but A, C, G, T, U and N, the first"
                f" is {first['accession']}. Translate them to protein{insist}."
            )
        logger.warning(
            "%d of %d sequences look like nucleotides and are taken as proteins; the first is %s"
            " (%s, line %d)",
            self._n_suspicious, self._n, first["accession"], first["file"], first["line"],
        )  # fmt: skip


def check_nucleotides(proteins: pd.DataFrame, allowed: bool, insist: str = INSIST) -> None:
    """The same for the proteins of a whole file.

    Args:
        proteins: `READ_PROTEIN_COLUMNS`.
        allowed: As of `NucleotideWatch.judge`.
        insist: As of `NucleotideWatch.judge`.

    Raises:
        ProteinTableError: As of `NucleotideWatch.judge`.
    """
    watch = NucleotideWatch()
    watch.look_at(proteins)
    watch.judge(allowed, insist)


def _looks_like_nucleotides(sequence: str) -> bool:
    n_of_base = [sum(sequence.count(letter) for letter in base) for base in BASES]
    n_nucleotides = sum(n_of_base) + sequence.count("N")
    return (
        len(sequence) >= MIN_LENGTH
        and min(n_of_base) > 0
        and n_nucleotides >= MIN_SHARE * len(sequence)
    )
