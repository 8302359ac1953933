"""Sequences that are the same as, or part of, one another: related, whatever MMseqs2 finds."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from plmscope.proteins.homology.containment import find_contained
from plmscope.proteins.homology.mmseqs import HIT_COLUMNS

# Residues from which on a sequence counts as part of another. Shorter ones lie in unrelated
# proteins by chance: the human protein EI, of two residues, in nearly all. Of eight residues, one
# is expected at one of 20^8 places.
MIN_PART_LENGTH = 8


def find_copies(queries: Sequence[str], targets: Sequence[str]) -> pd.DataFrame:
    """Find the targets that are the same as a query, that contain it, or that it contains.

    Args:
        queries: Sequences, each once.
        targets: Sequences, each once.

    Returns:
        One row a pair (`HIT_COLUMNS`), as a search would give it: the alignment covers the whole
        of the shorter sequence, and all that it covers is identical.
    """
    pairs = np.unique(
        np.concatenate(
            [
                _equal_pairs(queries, targets),
                _part_pairs(queries, targets),
                _part_pairs(targets, queries)[:, ::-1],
            ]
        ),
        axis=0,
    )
    query_lengths = _lengths(queries)[pairs[:, 0]]
    target_lengths = _lengths(targets)[pairs[:, 1]]
    covered = np.minimum(query_lengths, target_lengths)
    return pd.DataFrame(
        {
            "query": pairs[:, 0],
            "target": pairs[:, 1],
            "identity": 1.0,
            "query_coverage": covered / query_lengths,
            "target_coverage": covered / target_lengths,
        }
    ).astype(HIT_COLUMNS)


def _equal_pairs(queries: Sequence[str], targets: Sequence[str]) -> NDArray[np.int64]:
    place = {sequence: index for index, sequence in enumerate(targets)}
    pairs = [(index, place[query]) for index, query in enumerate(queries) if query in place]
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def _part_pairs(parts: Sequence[str], wholes: Sequence[str]) -> NDArray[np.int64]:
    long_enough = [index for index, part in enumerate(parts) if len(part) >= MIN_PART_LENGTH]
    pairs = find_contained([parts[index] for index in long_enough], wholes)
    pairs[:, 0] = np.array(long_enough, dtype=np.int64)[pairs[:, 0]]
    return pairs


def _lengths(sequences: Sequence[str]) -> NDArray[np.int64]:
    return np.array([len(sequence) for sequence in sequences], dtype=np.int64)
