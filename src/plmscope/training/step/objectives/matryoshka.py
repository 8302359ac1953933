"""Matryoshka-BatchTopK: every prefix of the features reconstructs as well as it can alone."""

from __future__ import annotations

from itertools import pairwise

from plmscope.saes.architectures.matryoshka import MatryoshkaConfig
from plmscope.training.step.objectives.batch_topk import BatchTopKObjective


class MatryoshkaObjective(BatchTopKObjective):
    """The squared error is the mean over prefixes (Bussmann et al. 2025, equation 3).

    `L = mean_m mean_b |z - z_hat_m|^2 + auxiliary_coefficient * L_aux`, where `z_hat_m` is decoded
    from the kept features among the first `prefix_sizes[m]`.
    """

    def ranges(self) -> list[tuple[int, int]]:
        """The features that each prefix adds."""
        config = self.sae.config
        assert isinstance(config, MatryoshkaConfig)
        return list(pairwise([0, *config.prefix_sizes]))
