"""What an SAE is compared with: raw neurons, principal components, and the sequence itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from plmscope.activations import ActivationBlock, whole_proteins
from plmscope.concepts.amino_acids import AMINO_ACIDS, amino_acid_numbers
from plmscope.concepts.settings import CountingSettings
from plmscope.saes import SAE, make_sae
from plmscope.saes.encode import ActivationSource


@dataclass(frozen=True, eq=False)
class CompositionSource:
    """Sequences behind the interface of an activation store: the amino acids around each residue.

    Args:
        accessions: Of the proteins, in the order of their rows.
        sequences: Their sequences.
        window: Residues to either side that count. 0: a residue's own identity alone.
    """

    accessions: Sequence[str]
    sequences: Sequence[str]
    window: int

    @cached_property
    def offsets(self) -> Int64[np.ndarray, " n_proteins_plus_1"]:
        """Protein i has the rows `offsets[i]` to `offsets[i + 1]`."""
        return np.concatenate([[0], np.cumsum([len(sequence) for sequence in self.sequences])])

    def part(self, start: int, stop: int) -> "CompositionSource":
        """The proteins from number `start` to before `stop`."""
        some = slice(start, stop)
        return CompositionSource(self.accessions[some], self.sequences[some], self.window)

    @property
    def d_model(self) -> int:
        """Width of an activation: one share per amino acid."""
        return len(AMINO_ACIDS)

    @property
    def n_residues(self) -> int:
        """Residues of all proteins."""
        return int(self.offsets[-1])

    def blocks(self, max_residues: int = 8192) -> Iterator[ActivationBlock]:
        """All proteins in order; x is the fraction of each amino acid in each residue's window."""
        for start, stop in whole_proteins(self.offsets, max_residues):
            offsets = self.offsets[start : stop + 1] - self.offsets[start]
            x = _window_fractions(self.sequences[start:stop], offsets, self.window)
            yield ActivationBlock(list(self.accessions[start:stop]), offsets, x)


class Activations:
    """The activations of a store, readable as often as wanted.

    Args:
        source: Read anew for every pass.
        max_residues: Most rows of a batch.
    """

    def __init__(self, source: ActivationSource, max_residues: int) -> None:
        self._source, self._max_residues = source, max_residues

    def __iter__(self) -> Iterator[Float[Tensor, "n_residues d_model"]]:
        return (block.x for block in self._source.blocks(self._max_residues))


def fit_baseline(
    architecture: Literal["identity", "pca"],
    train: ActivationSource,
    settings: CountingSettings,
) -> SAE:
    """A baseline encoder, scaled over the train split like an SAE.

    Args:
        architecture: "identity": each neuron from its minimum to its maximum, as in InterPLM;
            "pca": both sides of every principal component.
        train: Activations of the train split.
        settings: Block size.
    """
    d_model = train.d_model
    d_sae = d_model if architecture == "identity" else 2 * d_model
    baseline = make_sae({"architecture": architecture, "d_model": d_model, "d_sae": d_sae})
    baseline.calibrate(Activations(train, settings.max_residues))
    return baseline


def _window_fractions(
    sequences: Sequence[str], offsets: Int64[np.ndarray, " n_proteins_plus_1"], window: int
) -> Float[Tensor, "n_residues n_amino_acids"]:
    """The fraction of each amino acid within `window` of each residue, inside its protein."""
    number = amino_acid_numbers(sequences)
    known = np.flatnonzero(number >= 0)
    up_to = np.zeros((len(number) + 1, len(AMINO_ACIDS)), dtype=np.float32)
    up_to[known + 1, number[known]] = 1
    up_to = up_to.cumsum(axis=0)
    residue, length = np.arange(len(number)), np.diff(offsets)
    low = np.maximum(residue - window, np.repeat(offsets[:-1], length))
    high = np.minimum(residue + window + 1, np.repeat(offsets[1:], length))
    return torch.from_numpy((up_to[high] - up_to[low]) / (high - low)[:, None]).float()
