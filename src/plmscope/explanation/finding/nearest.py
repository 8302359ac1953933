"""The proteins of the run that look most alike to the SAE."""

from __future__ import annotations

import numpy as np
import pandas as pd

from plmscope.atlas import Atlas
from plmscope.features.profiles import as_vectors

N_NEAREST = 5
PROTEINS_AT_ONCE = 500
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
    number_of = {sequence: i for i, sequence in enumerate(pd.unique(known["sequence"]))}
    identity = known["sequence"].map(number_of).to_numpy()
    of_query = np.array([number_of.get(sequence, -1) for sequence in sequences])
    n = min(N_NEAREST, len(known))
    parts = []
    for start in range(0, len(names), PROTEINS_AT_ONCE):
        stop = min(start + PROTEINS_AT_ONCE, len(names))
        similarity = (vectors[start:stop] @ atlas.profile_vectors.T).toarray()
        similarity[of_query[start:stop, None] == identity[None]] = -1.0
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
