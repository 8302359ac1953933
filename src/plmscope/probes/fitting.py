"""Logistic probes, fitted by scikit-learn, behind the interface of an encoder."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from plmscope.probes.rows import FittedRows
from plmscope.probes.settings import ProbeSettings

_LOWEST = 0.002
"""A probability below which a residue counts as off, to keep what is counted sparse."""

Inputs = Callable[[Tensor], Tensor]


class LinearProbe(NamedTuple):
    """One fitted probe.

    Attributes:
        concept: Its number.
        kind: What it is fitted to.
        weights: Of each input.
        bias: Added to their sum.
    """

    concept: int
    kind: str
    weights: Float[np.ndarray, " n_inputs"]
    bias: float


class ProbeEncoder:
    """Some probes as an encoder: column i holds the probability that probe i gives.

    Args:
        probes: All over the same inputs.
        inputs: From activations to inputs, [n_residues, n_inputs].
    """

    def __init__(self, probes: Sequence[LinearProbe], inputs: Inputs) -> None:
        self._inputs = inputs
        self._weights = torch.from_numpy(np.stack([probe.weights for probe in probes])).float()
        self._bias = torch.tensor([probe.bias for probe in probes]).float()

    @property
    def d_sae(self) -> int:
        """How many probes."""
        return len(self._bias)

    def encode_sparse(
        self, x: Float[Tensor, "n_residues d_model"]
    ) -> tuple[Int64[Tensor, "n_residues k"], Float[Tensor, "n_residues k"]]:
        """Probabilities, 0 where they are below 0.002."""
        logits = self._inputs(x).cpu().float() @ self._weights.T + self._bias
        values = logits.sigmoid()
        values[values < _LOWEST] = 0
        return torch.arange(self.d_sae).expand(len(x), -1), values


def fit_probes(
    inputs: Float[np.ndarray, "n_rows n_inputs"],
    fitted: FittedRows,
    settings: ProbeSettings,
) -> list[tuple[Float[np.ndarray, " n_inputs"], float]]:
    """Fit one probe for each strength of the penalty, from the strongest on.

    Inputs are standardised for the fit, and the weights given in the inputs' own units.

    Args:
        inputs: Of the rows.
        fitted: Labels and weights of the rows.
        settings: Strengths, iterations.

    Returns:
        Weights and bias, one for each of `settings.strengths`.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    mean, deviation = inputs.mean(axis=0), inputs.std(axis=0)
    deviation[deviation == 0] = 1
    standardised = (inputs - mean) / deviation
    model = LogisticRegression(warm_start=True, max_iter=settings.max_iterations, tol=1e-3)
    found = {}
    for strength in sorted(settings.strengths):  # each begins where the one before has ended
        model.set_params(C=strength)
        with warnings.catch_warnings():
            # A few more steps change little, and valid judges what came out.
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(standardised, fitted.is_positive, sample_weight=fitted.weights)
        weights = model.coef_[0] / deviation
        found[strength] = (weights, float(model.intercept_[0] - weights @ mean))
    return [found[strength] for strength in settings.strengths]
