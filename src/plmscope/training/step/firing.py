"""Which features have not fired for long."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from plmscope.training.step.ranks import Ranks


class FiringRecord:
    """Residues seen since each feature last fired.

    Only a training step calls `update`: encoding and evaluation leave it alone.

    Attributes:
        residues_since_fired: int64 `[d_sae]`.
    """

    def __init__(self, d_sae: int, device: torch.device) -> None:
        self.residues_since_fired = torch.zeros(d_sae, dtype=torch.int64, device=device)

    def update(self, fired: Bool[Tensor, " d_sae"], n_residues: int, ranks: Ranks) -> None:
        """Count a batch.

        Args:
            fired: Which features fired in this rank's part of it.
            n_residues: Size of the batch over all ranks.
            ranks: Who else has seen a part.
        """
        fired = ranks.sum(fired.int()) > 0
        self.residues_since_fired += n_residues
        self.residues_since_fired.masked_fill_(fired, 0)

    def dead(self, after: int) -> Bool[Tensor, " d_sae"]:
        """Which features have not fired for at least `after` residues."""
        return self.residues_since_fired >= after

    def revive(self, features: Int[Tensor, " n_features"]) -> None:
        """Start anew for features that were given new weights."""
        self.residues_since_fired[features] = 0
