"""Coding sequences that were given as proteins: A, C, G, T, U and N are amino acids too."""

import pandas as pd

from plmscope.proteins.errors import ProteinTableError

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


def refuse_nucleotides(proteins: pd.DataFrame) -> None:
    """Stop where most records of a file look like nucleotides.

    Args:
        proteins: Proteins of one file (`READ_PROTEIN_COLUMNS`).

    Raises:
        ProteinTableError: Naming the file, the first such record, and how to insist.
    """
    suspicious = look_like_nucleotides(proteins["sequence"])
    if suspicious.sum() <= len(proteins) / 2:
        return
    first = proteins[suspicious].iloc[0]
    raise ProteinTableError(
        f"{first['file']}, line {first['line']}: nucleotides? {suspicious.sum()} of"
        f" {len(proteins)} sequences hold hardly any letter but A, C, G, T, U and N, the first is"
        f" {first['accession']}. Translate them to protein, or insist with"
        " ingestion.allow_nucleotides: true."
    )


def _looks_like_nucleotides(sequence: str) -> bool:
    n_of_base = [sum(sequence.count(letter) for letter in base) for base in BASES]
    n_nucleotides = sum(n_of_base) + sequence.count("N")
    return (
        len(sequence) >= MIN_LENGTH
        and min(n_of_base) > 0
        and n_nucleotides >= MIN_SHARE * len(sequence)
    )
