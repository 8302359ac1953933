"""The one dense product of a step: pre-activations, block by block, at the wanted precision."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from plmscope.saes.linear import DENSE_ABOVE, LinearSAE, product_blocks
from plmscope.saes.topk_kernels import entries_above
from plmscope.training.step.sparse_products import ActivePattern, DensePattern

BLOCK_VALUES = 5 * 2**20
"""Pre-activations held at once: 10 to 20 MB, which the selection then finds in the cache."""
SAMPLE_ROWS = 32
ROUNDING_MARGIN = 2**-5
"""Rounding to bfloat16 moves a pre-activation by a few thousandths of its input's scale: entries
are collected from this far below the threshold and then computed exactly."""


class Chunk(NamedTuple):
    """Some residues of a batch and their pre-activations.

    Attributes:
        rows: Which residues.
        pattern: Which features were looked at.
        pre_activations: Of these features.
    """

    rows: slice
    pattern: ActivePattern | DensePattern
    pre_activations: Float[Tensor, "*entries"]


class BlockEncoder:
    """Pre-activations of a batch without ever holding all of them.

    Args:
        sae: On its device, with its input normalisation.
        dtype: Of the dense product.

    Attributes:
        is_exact: Whether the dense product has the weights' own precision.
    """

    def __init__(self, sae: LinearSAE, dtype: torch.dtype) -> None:
        self.sae, self.dtype = sae, dtype
        self.is_exact = dtype == sae.dtype
        self.weight = sae.W_enc.detach().to(dtype)
        self.bias = sae.b_enc.detach().to(dtype)

    def blocks(
        self, encoder_input: Float[Tensor, "n_residues d_model"]
    ) -> Iterator[tuple[int, Float[Tensor, "n_block d_sae"]]]:
        """Give the first row and the pre-activations of each block, valid until the next one."""
        n_rows = max(1, BLOCK_VALUES // self.bias.numel())
        return product_blocks(encoder_input, self.weight, self.bias, n_rows)

    def sample(
        self, encoder_input: Float[Tensor, "n_residues d_model"]
    ) -> Float[Tensor, "n_sample d_sae"]:
        """Pre-activations of a few residues, to guess what the others are like."""
        return next(self.blocks(encoder_input[:SAMPLE_ROWS]))[1]

    def exact(
        self, pattern: ActivePattern, encoder_input: Float[Tensor, "n_residues d_model"]
    ) -> Float[Tensor, " nnz"]:
        """The pattern's pre-activations once more, in the weights' own precision."""
        products = pattern.dot(encoder_input, self.sae.W_enc.detach())
        return products + self.sae.b_enc.detach()[pattern.features]

    def above(
        self,
        encoder_input: Float[Tensor, "n_residues d_model"],
        threshold: Float[Tensor, " d_sae"] | Float[Tensor, ""],
    ) -> tuple[ActivePattern, Float[Tensor, " nnz"]]:
        """All pre-activations above a threshold, and a few from just below it."""
        threshold = (threshold if self.is_exact else threshold - ROUNDING_MARGIN).to(self.dtype)
        residues, features, values = [], [], []
        for start, block in self.blocks(encoder_input):
            rows, columns, found = entries_above(block, threshold)
            residues.append(rows + start)
            features.append(columns)
            values.append(found)
        shape = (encoder_input.shape[0], self.sae.d_sae)
        pattern = ActivePattern(torch.cat(residues), torch.cat(features), shape)
        if self.is_exact:
            return pattern, torch.cat(values)
        return pattern, self.exact(pattern, encoder_input)

    def chunks(
        self,
        encoder_input: Float[Tensor, "n_residues d_model"],
        threshold: Float[Tensor, " d_sae"] | Float[Tensor, ""],
    ) -> Iterator[Chunk]:
        """The pre-activations above a threshold, as sparse or as dense chunks, whichever is faster.

        An SAE starts with half of its features active, where dense products win, and ends with
        few.
        """
        fraction = (self.sample(encoder_input) > threshold).double().mean()
        if fraction <= DENSE_ABOVE:
            yield Chunk(slice(None), *self.above(encoder_input, threshold))
            return
        for start, block in self.blocks(encoder_input):
            rows = slice(start, start + block.shape[0])
            yield Chunk(rows, DensePattern(self.dtype), block)
