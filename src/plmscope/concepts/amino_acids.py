"""The amino acids as concepts: the baseline, what a residue is, whatever UniProt says about it."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

AMINO_ACIDS = "ACDEFGHIKLMNPQRSTVWY"
AMINO_ACID_CATEGORY = "Amino acid"


def amino_acid_concepts() -> pd.DataFrame:
    """concept, category and level of each amino acid, in the order of `AMINO_ACIDS`."""
    return pd.DataFrame(
        {
            "concept": [f"{AMINO_ACID_CATEGORY}: {letter}" for letter in AMINO_ACIDS],
            "category": AMINO_ACID_CATEGORY,
            "level": "residue",
        }
    )


def is_amino_acid(table: pd.DataFrame) -> "pd.Series[bool]":
    """Which rows of a table with a column `category` are about an amino acid."""
    return table["category"] == AMINO_ACID_CATEGORY


def without_amino_acids(table: pd.DataFrame) -> pd.DataFrame:
    """The rows about annotated concepts."""
    return table[~is_amino_acid(table)]


def amino_acid_numbers(sequences: Iterable[str]) -> Int[np.ndarray, " n_residues"]:
    """The number in `AMINO_ACIDS` of each residue of some sequences, laid end to end; else -1."""
    number_of_byte = np.full(256, -1)
    number_of_byte[np.frombuffer(AMINO_ACIDS.encode(), dtype=np.uint8)] = range(len(AMINO_ACIDS))
    return number_of_byte[np.frombuffer("".join(sequences).encode(), dtype=np.uint8)]


def amino_acid_shares(sequences: Iterable[str]) -> Float[np.ndarray, " 20"]:
    """The fraction of each of `AMINO_ACIDS` among the known residues of some sequences.

    Each counts once more than it occurs, so that none is 0.
    """
    numbers = amino_acid_numbers(sequences)
    counts = np.bincount(numbers[numbers >= 0], minlength=len(AMINO_ACIDS)) + 1
    return counts / counts.sum()
