"""The proteins of the run that look most alike to the SAE."""

from __future__ import annotations

import numpy as np
import pandas as pd

from plmscope.atlas import Atlas
from plmscope.features.profiles import as_vectors

N_NEAREST = 5
CELLS_AT_ONCE = 2_000_000
"""Pairs of a sequence and a known protein that are compared at once."""
NEAREST = [
    "protein", "rank", "accession", "similarity", "protein_name", "gene_names", "organism",
    "split",
]  # fmt: skip


def nearest_proteins(
    profiles: pd.DataFrame, names: np.ndarray, sequences: list[str], atlas: Atlas
) -> pd.DataFrame:
    """The known proteins whose feature profiles are nearest to those of the sequences.

    Args:
        profiles: protein (its number), feature, surprise.
        names: Of the sequences.
        sequences: The sequences; a known protein that is the same is left out.
        atlas: The known proteins and their profiles.

    Returns:
        `NEAREST`; similarity is the cosine of the profiles' surprises, in [0, 1].
    """
    known = atlas.proteins
    vectors = as_vectors(
        profiles["protein"].to_numpy(),
        profiles["feature"].to_numpy(),
        profiles["surprise"].to_numpy(),
        (len(names), atlas.sae.d_sae),
    )
    number, _ = pd.factorize(np.array([*known["sequence"], *sequences], dtype=object))
    known_number, query_number = np.split(number, [len(known)])
    n_at_once = max(CELLS_AT_ONCE // len(known), 1)
    n = min(N_NEAREST, len(known))
    parts = []
    for start in range(0, len(names), n_at_once):
        stop = min(start + n_at_once, len(names))
        similarity = (vectors[start:stop] @ atlas.profile_vectors.T).toarray()
        similarity[query_number[start:stop, None] == known_number[None]] = -1.0
        best = np.argsort(-similarity, axis=1, kind="stable")[:, :n]
        parts.append(
            pd.DataFrame(
                {
                    "number": np.repeat(np.arange(start, stop), n),
                    "rank": np.tile(np.arange(1, n + 1), stop - start),
                    "known": best.ravel(),
                    "similarity": np.take_along_axis(similarity, best, axis=1).ravel(),
                }
            )
        )
    found = pd.concat(parts, ignore_index=True)
    found = found[found["similarity"] > 0]
    about = known[["accession", "protein_name", "gene_names", "organism", "split"]]
    joined = found.join(about, on="known").assign(protein=names[found["number"].to_numpy()])
    return joined[NEAREST].reset_index(drop=True)
