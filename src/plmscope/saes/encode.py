"""One pass over activations that encodes them block by block, for whoever needs the features."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol, Self

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from plmscope.activations import ActivationBlock
from plmscope.progress import show_progress


class ActivationSource(Protocol):
    """What can be encoded: an activation store, or a baseline with the same methods."""

    @property
    def d_model(self) -> int:
        """Width of an activation."""

    @property
    def n_residues(self) -> int:
        """Residues of all proteins."""

    @property
    def offsets(self) -> Int64[np.ndarray, " n_proteins_plus_1"]:
        """Protein i has as many residues as lie from `offsets[i]` to `offsets[i + 1]`."""

    def part(self, start: int, stop: int) -> Self:
        """The proteins from number `start` to before `stop`."""

    def blocks(self, max_residues: int = ...) -> Iterator[ActivationBlock]:
        """Whole proteins, several at a time."""


class SparseEncoder(Protocol):
    """What turns activations into features: an SAE, or a baseline in its place."""

    @property
    def d_sae(self) -> int:
        """How many features there are."""

    def encode_sparse(
        self, x: Float[Tensor, "n_residues d_model"]
    ) -> tuple[Int64[Tensor, "n_residues k"], Float[Tensor, "n_residues k"]]:
        """Feature numbers and values of each residue, padded with value 0; `x` may be anywhere."""


class EncodedBlock(NamedTuple):
    """Whole proteins, one after the other, with the features of their residues.

    Attributes:
        accessions: Of the proteins, in the order of their rows.
        offsets: Protein i has the rows `offsets[i]` to `offsets[i + 1]`.
        x: Activations, float32, as the source gave them.
        indices: Feature numbers, padded with 0, on the encoder's device.
        values: Their values, padded with 0, in the encoder's dtype and on its device.
    """

    accessions: list[str]
    offsets: Int64[np.ndarray, " n_proteins_plus_1"]
    x: Float[Tensor, "n_residues d_model"]
    indices: Int64[Tensor, "n_residues k"]
    values: Float[Tensor, "n_residues k"]


def encode_blocks(
    source: ActivationSource, encoder: SparseEncoder, max_residues: int, task: str
) -> Iterator[EncodedBlock]:
    """Encode all proteins in the source's order, under a progress bar in residues.

    Args:
        source: What is encoded, block by block.
        encoder: Gives the features.
        max_residues: Most residues of a block; a longer protein is a block of its own.
        task: What the progress bar says is done.
    """
    with show_progress(task, source.n_residues, "residue") as progress:
        for block in encode(source, encoder, max_residues):
            yield block
            progress.update(len(block.x))


@torch.inference_mode()
def encode(
    source: ActivationSource, encoder: SparseEncoder, max_residues: int
) -> Iterator[EncodedBlock]:
    """The same without a progress bar.

    Args:
        source: What is encoded, block by block.
        encoder: Gives the features.
        max_residues: Most residues of a block; a longer protein is a block of its own.
    """
    for block in source.blocks(max_residues):
        yield EncodedBlock(*block, *encoder.encode_sparse(block.x))


def read_blocks(
    source: ActivationSource, max_residues: int, task: str, *, shown: bool = True
) -> Iterator[ActivationBlock]:
    """Read all proteins in the source's order, under a progress bar in residues.

    Args:
        source: What is encoded, block by block.
        max_residues: Most residues of a block; a longer protein is a block of its own.
        task: What the progress bar says is done.
        shown: Whether there is a bar: one of several processes has it.
    """
    with show_progress(task, source.n_residues, "residue", shown=shown) as progress:
        for block in source.blocks(max_residues):
            yield block
            progress.update(len(block.x))
