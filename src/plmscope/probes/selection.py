"""Which SAE features go along with each concept, over all residues of train."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from plmscope.activations import ActivationStore
from plmscope.concepts import ConceptLabels
from plmscope.concepts.counting.feature_values import values_in_block
from plmscope.concepts.metrics import divide
from plmscope.saes import SAE
from plmscope.saes.encode import encode_blocks


def correlate(
    store: ActivationStore, sae: SAE, labels: ConceptLabels, n_concepts: int, max_residues: int
) -> Float[np.ndarray, "n_concepts d_sae"]:
    """The correlation of every feature's value with every concept, in one pass.

    Args:
        store: Activations of the proteins of train.
        sae: Gives the features.
        labels: Of these proteins.
        n_concepts: The first so many concepts.
        max_residues: Encoded at once.
    """
    every = np.arange(sae.d_sae)
    with_concept = np.zeros((n_concepts, sae.d_sae))
    total, squares = np.zeros(sae.d_sae), np.zeros(sae.d_sae)
    n_positive, n = np.zeros(n_concepts), 0
    for block in encode_blocks(store, sae, max_residues, "choosing features on train"):
        values = values_in_block(block, every, sae.d_sae).astype(np.float64)
        carried = labels.select(block.accessions).residues[:, :n_concepts]
        with_concept += (carried.T @ values).toarray()
        total += np.asarray(values.sum(axis=0)).ravel()
        squares += np.asarray(values.power(2).sum(axis=0)).ravel()
        n_positive += np.asarray(carried.sum(axis=0)).ravel()
        n += values.shape[0]
    share, mean = n_positive / n, total / n
    covariance = with_concept / n - share[:, None] * mean
    deviation = np.sqrt(np.maximum(squares / n - mean**2, 0))
    return divide(covariance, np.sqrt(share * (1 - share))[:, None] * deviation)


def best_features(
    correlations: Float[np.ndarray, " d_sae"], n: int
) -> Int[np.ndarray, " n_features"]:
    """The features of the highest correlations, the highest first."""
    return np.argsort(-correlations, kind="stable")[:n]
