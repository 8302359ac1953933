"""The residues of train that probes are fitted to: a concept's own, and a common background."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from plmscope.activations import ActivationStore
from plmscope.concepts import ConceptLabels
from plmscope.probes.settings import ProbeSettings
from plmscope.saes.encode import read_blocks


class FittedRows(NamedTuple):
    """Which of the drawn residues a concept's probe is fitted to.

    Attributes:
        rows: Places among the drawn residues.
        is_positive: Whether each carries the concept.
        weights: What each stands for; their mean is 1.
    """

    rows: Int[np.ndarray, " n_rows"]
    is_positive: np.ndarray
    weights: Float[np.ndarray, " n_rows"]


class TrainRows(NamedTuple):
    """The drawn residues of train.

    Attributes:
        x: Their activations, float32.
        residues: Which residues of the labels they are, rising.
        background: Places of the background among them.
        labels: Of the proteins of train, in the order of the store.
    """

    x: Float[Tensor, "n_rows d_model"]
    residues: Int[np.ndarray, " n_rows"]
    background: Int[np.ndarray, " n_background"]
    labels: ConceptLabels

    def of_concept(self, number: int, settings: ProbeSettings) -> FittedRows | None:
        """The rows that the probe of a concept is fitted to; None if none, or all, carry it.

        Args:
            number: The concept's number in the labels.
            settings: How many positives.
        """
        carries = np.zeros(self.labels.n_residues, dtype=bool)
        carries[_positives(self.labels, number)] = True
        n_positive, n = int(carries.sum()), len(carries)
        own = _draw(np.flatnonzero(carries), settings.max_positives, settings.seed + number)
        positives = np.searchsorted(self.residues, own)
        negatives = self.background[~carries[self.residues[self.background]]]
        if not len(positives) or not len(negatives):
            return None
        weights = np.concatenate(
            [
                np.full(len(positives), n_positive / len(positives)),
                np.full(len(negatives), (n - n_positive) / len(negatives)),
            ]
        )
        return FittedRows(
            np.concatenate([positives, negatives]),
            np.arange(len(weights)) < len(positives),
            weights / weights.mean(),
        )


def draw_rows(
    store: ActivationStore, labels: ConceptLabels, n_concepts: int, settings: ProbeSettings
) -> TrainRows:
    """Draw residues of train and read their activations.

    Args:
        store: Activations of the proteins of train.
        labels: Their labels.
        n_concepts: The first so many concepts are probed.
        settings: How many residues.
    """
    labels = labels.select(list(store.accessions))
    background = _draw(np.arange(labels.n_residues), settings.n_background, settings.seed)
    own = [
        _draw(_positives(labels, number), settings.max_positives, settings.seed + number)
        for number in range(n_concepts)
    ]
    residues = np.unique(np.concatenate([background, *own]))
    parts, first = [], 0
    for block in read_blocks(store, 8192, "reading residues of train"):
        low, high = np.searchsorted(residues, [first, first + len(block.x)])
        parts.append(block.x[torch.from_numpy(residues[low:high] - first)])
        first += len(block.x)
    return TrainRows(torch.cat(parts), residues, np.searchsorted(residues, background), labels)


def _positives(labels: ConceptLabels, number: int) -> Int[np.ndarray, " n_positive"]:
    """Residues that carry a concept, rising."""
    return np.flatnonzero(labels.marked(str(labels.concepts["concept"].iloc[number])))


def _draw(among: Int[np.ndarray, " n"], n: int, seed: int) -> Int[np.ndarray, " n_drawn"]:
    if len(among) <= n:
        return among
    return np.sort(np.random.default_rng(seed).choice(among, n, replace=False))
