"""Coding sequences that were given as proteins: A, C, G, T, U and N are amino acids too."""

import logging

import pandas as pd

from plmscope.proteins.errors import ProteinTableError

logger = logging.getLogger(__name__)

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


def check_nucleotides(proteins: pd.DataFrame, allowed: bool, insist: str = INSIST) -> None:
    """Stop where most records of a file look like nucleotides; warn of single ones.

    Args:
        proteins: Proteins of one file (`READ_PROTEIN_COLUMNS`).
        allowed: Whether to take even a whole file of them as proteins.
        insist: How a user can have it allowed, in words; "" if not at all.

    Raises:
        ProteinTableError: Naming the file, the first such record, and how to insist.
    """
    suspicious = proteins[look_like_nucleotides(proteins["sequence"])]
    if suspicious.empty:
        return
    first = suspicious.iloc[0]
    if len(suspicious) > len(proteins) / 2 and not allowed:
        raise ProteinTableError(
            f"{first['file']}, line {first['line']}: nucleotides? {len(suspicious)} of"
            f" {len(proteins)} sequences hold hardly any letter but A, C, G, T, U and N, the first"
            f" is {first['accession']}. Translate them to protein{insist}."
        )
    logger.warning(
        "%d of %d sequences look like nucleotides and are taken as proteins; the first is %s"
        " (%s, line %d)",
        len(suspicious), len(proteins), first["accession"], first["file"], first["line"],
    )  # fmt: skip


def _looks_like_nucleotides(sequence: str) -> bool:
    n_of_base = [sum(sequence.count(letter) for letter in base) for base in BASES]
    n_nucleotides = sum(n_of_base) + sequence.count("N")
    return (
        len(sequence) >= MIN_LENGTH
        and min(n_of_base) > 0
        and n_nucleotides >= MIN_SHARE * len(sequence)
    )
