"""The information of aligned columns, and scores of sequences by them."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from plmscope.concepts.amino_acids import AMINO_ACIDS

_N_LETTERS = len(AMINO_ACIDS)


def information(
    counts: Int[np.ndarray, "n_columns 20"],
    background: Float[np.ndarray, " 20"],
    n_windows: int,
) -> Float[np.ndarray, " n_columns"]:
    """The information of each column against the background, in bits.

    Relative entropy less what so small a sample shows by chance, 19 / (2 ln 2 n), in the mean
    (Schneider et al. 1986); not below 0, and times the fraction of windows with a residue there.

    Args:
        counts: Of each amino acid.
        background: Fraction of each amino acid in the proteins of the run.
        n_windows: Windows aligned.
    """
    n = np.maximum(counts.sum(axis=1), 1)
    share = counts / n[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        each = np.where(counts > 0, share * np.log2(share / background), 0.0)
    correction = (_N_LETTERS - 1) / (2 * np.log(2) * n)
    return np.maximum(each.sum(axis=1) - correction, 0.0) * n / n_windows


def letter_heights(
    counts: Int[np.ndarray, "n_columns 20"], bits: Float[np.ndarray, " n_columns"]
) -> Float[np.ndarray, "n_columns 20"]:
    """How high each letter of a logo stands, in bits: its share of its column's information."""
    return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1) * bits[:, None]


def score_matrix(
    counts: Int[np.ndarray, "n_columns 20"], background: Float[np.ndarray, " 20"]
) -> Float[np.ndarray, "n_columns 20"]:
    """The position-specific scoring matrix: log-odds in bits.

    Pseudocounts √n, spread as the background (Lawrence et al. 1993).
    """
    n = counts.sum(axis=1, keepdims=True)
    pseudo = np.sqrt(np.maximum(n, 1))
    share = (counts + pseudo * background) / (n + pseudo)
    return np.log2(share / background).astype(np.float32)


def score_places(
    matrix: Float[np.ndarray, "n_columns 20"],
    letters: Int[np.ndarray, " n_residues"],
    anchor: int,
) -> Float[np.ndarray, " n_residues"]:
    """How well a matrix fits one sequence at each residue.

    Args:
        matrix: As of `score_matrix`.
        letters: Amino acid of each residue, -1 for others.
        anchor: The column that is laid on the residue that is scored.

    Returns:
        The sum of the columns' scores; columns beyond the ends, and unknown residues, add nothing.
    """
    table = np.vstack([matrix.T, np.zeros((1, len(matrix)))])  # the row of -1 is the last
    scores = np.zeros(len(letters))
    for column in range(len(matrix)):
        shift = column - anchor
        inside = slice(max(-shift, 0), min(len(letters) - shift, len(letters)))
        moved = slice(max(shift, 0), min(len(letters) + shift, len(letters)))
        if inside.start < inside.stop:
            scores[inside] += table[letters[moved], column]
    return scores
