"""What a trial's SAE is judged by, all of it on the valid split."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Literal

import numpy as np
import torch

from plmscope.activations import ActivationStore
from plmscope.saes import SAE
from plmscope.training.fvu import fraction_unexplained
from plmscope.training.search.settings import Objective, SearchSettings

DIRECTIONS: dict[Objective, Literal["minimize", "maximize"]] = {
    "fvu_at_l0": "minimize",
    "fvu": "minimize",
    "l0": "minimize",
    "concept_f1": "maximize",
}
BLOCK_RESIDUES = 2048

ConceptF1 = Callable[[SAE], float]
"""From a calibrated SAE to the mean over concepts of the best feature's F1, on valid."""


Measures = dict[str, float]
"""fvu, l0, dead_fraction, fvu_at_l0 and, where asked for, concept_f1 of one SAE."""


class ValidSplit:
    """Some proteins of the valid split, kept in memory, to measure SAEs on.

    Args:
        store: The valid split.
        settings: How many residues, chosen by which seed; the target of L0.
        concept_f1: If trials are compared with concepts.
    """

    def __init__(
        self, store: ActivationStore, settings: SearchSettings, concept_f1: ConceptF1 | None
    ) -> None:
        order = np.random.default_rng(settings.seed).permutation(len(store.index))
        before = np.cumsum(store.index["n_rows"].to_numpy()[order])
        chosen = order[: 1 + np.searchsorted(before, settings.valid_residues)]
        view = store.select(store.index["accession"].iloc[chosen])
        self._x = torch.cat([block.x for block in view.blocks(BLOCK_RESIDUES)])
        # Shifted by their mean, which costs no digits in the variance.
        centred = (self._x - self._x.mean(0)).double()
        self._x_squared, self._x_sum = centred.square().sum(), centred.sum(0)
        self._target_l0 = settings.target_l0
        self._concept_f1 = concept_f1

    @torch.no_grad()
    def measure(self, sae: SAE) -> Measures:
        """Measure an SAE; it is not changed."""
        fires = torch.zeros(sae.d_sae, dtype=torch.bool, device=sae.device)
        error, n_active = torch.zeros((), dtype=torch.float64), 0
        for x in torch.split(self._x, BLOCK_RESIDUES):
            x = x.to(sae.device)
            features = sae.encode_sparse(x)
            error += (x - sae.decode_sparse(features)).square().sum().cpu()
            indices, values = features
            active = indices[values != 0]
            n_active += active.numel()
            fires[active] = True
        fvu = float(fraction_unexplained(error, self._x_squared, self._x_sum, len(self._x)))
        l0 = n_active / len(self._x)
        measures = {
            "fvu": fvu,
            "l0": l0,
            "dead_fraction": 1 - float(fires.float().mean()),
            "fvu_at_l0": fvu + max(0.0, l0 / self._target_l0 - 1),
        }
        if self._concept_f1 is not None:
            calibrated = copy.deepcopy(sae)
            calibrated.calibrate(torch.split(self._x, BLOCK_RESIDUES))
            measures["concept_f1"] = self._concept_f1(calibrated)
        return measures


def non_finite_measure(measures: Measures) -> str | None:
    """Which of them is not a finite number, or None."""
    for name, value in measures.items():
        if not math.isfinite(value):
            return f"{name} is {value}"
    return None
