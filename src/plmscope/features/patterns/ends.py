"""What the ends of proteins do to an SAE: how much fires by the distance from either end."""

from __future__ import annotations

import numpy as np
import pandas as pd

from plmscope.features.hits import BlockHits

N_DISTANCES = 50


class EndCounts:
    """Sums over blocks, by the distance from the N and from the C terminus."""

    def __init__(self) -> None:
        self._sums = np.zeros((2, 3, N_DISTANCES))  # end; residues, active features, activation

    def add(self, hits: BlockHits) -> None:
        """Count one block."""
        lengths = hits.lengths.numpy()
        position, value = hits.position.numpy() - 1, hits.value.numpy()
        from_end = lengths[hits.protein.numpy()] - 1 - position
        n_as_long = (lengths[:, None] > np.arange(N_DISTANCES)).sum(axis=0)
        for end, distance in enumerate((position, from_end)):
            near = distance < N_DISTANCES
            self._sums[end, 0] += n_as_long
            self._sums[end, 1] += np.bincount(distance[near], minlength=N_DISTANCES)
            self._sums[end, 2] += np.bincount(
                distance[near], weights=value[near], minlength=N_DISTANCES
            )

    def merge(self, later: EndCounts) -> None:
        """Add what was counted in other proteins."""
        self._sums += later._sums

    def to_frame(self, architecture: str) -> pd.DataFrame:
        """Means by distance.

        Args:
            architecture: Of the SAE.

        Returns:
            `architecture`, `end` ("N" or "C"), `distance` (0 is the last residue), `n_residues`,
            `l0` (features active at a residue), `activation` (their sum).
        """
        n = np.maximum(self._sums[:, 0], 1)
        return pd.DataFrame(
            {
                "architecture": architecture,
                "end": np.repeat(["N", "C"], N_DISTANCES),
                "distance": np.tile(np.arange(N_DISTANCES), 2),
                "n_residues": self._sums[:, 0].astype(np.int64).ravel(),
                "l0": (self._sums[:, 1] / n).ravel(),
                "activation": (self._sums[:, 2] / n).ravel(),
            }
        )
