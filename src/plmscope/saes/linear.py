"""SAEs of one linear layer in and one out, and those that keep what exceeds a threshold."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import ClassVar

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import embedding_bag, linear

from plmscope.saes.base import SAE, SparseFeatures
from plmscope.saes.topk_kernels import entries_above, nonzero_padded

BLOCK_RESIDUES = 1024
"""Rows encoded at once in `encode_sparse`, so that its memory does not grow with the input."""
DENSE_ABOVE = 1 / 12
"""Fraction of active features from which dense products are the faster ones."""


def unit_rows(weight: Float[Tensor, "d_sae d_model"]) -> Float[Tensor, "d_sae d_model"]:
    """Scale each row to norm 1."""
    return weight / torch.linalg.vector_norm(weight, dim=1, keepdim=True)


def product_blocks(
    x: Float[Tensor, "n d_model"],
    weight: Float[Tensor, "d_sae d_model"],
    bias: Float[Tensor, " d_sae"],
    n_rows: int,
) -> Iterator[tuple[int, Float[Tensor, "n_block d_sae"]]]:
    """`x weight^T + bias`, some rows at a time.

    All blocks share one memory, since the system would have to clear new pages for each;
    gradients need them all, each in its own.

    Args:
        x: Cast to the weight's dtype block by block.
        weight: A row a feature.
        bias: Of each feature.
        n_rows: Of a block.

    Yields:
        The first row of a block and its product, valid until the next; one block at least.
    """
    memory = None
    if not torch.is_grad_enabled():
        memory = weight.new_empty(min(n_rows, len(x)), len(bias))
    for start in range(0, max(len(x), 1), n_rows):
        rows = x[start : start + n_rows].to(weight.dtype)
        out = None if memory is None else memory[: len(rows)]
        yield start, torch.addmm(bias, rows, weight.T, out=out)


class LinearSAE(SAE):
    """Pre-activations `W_enc (z - b_dec) + b_enc` and the decoder `f W_dec + b_dec`.

    A row of `W_enc` or `W_dec` belongs to one feature, so that a sparse step touches whole rows.

    Attributes:
        W_enc: `[d_sae, d_model]`.
        b_enc: `[d_sae]`.
        W_dec: `[d_sae, d_model]`, rows of norm 1 while training.
        b_dec: `[d_model]`.
        subtracts_b_dec: Whether the encoder sees `z - b_dec` or `z`.
    """

    subtracts_b_dec: ClassVar[bool] = True

    def _initialise(self, generator: torch.Generator | None) -> None:
        """Random unit directions, the encoder tied to the decoder, biases 0."""
        directions = torch.rand(self.d_sae, self.d_model, generator=generator) * 2 - 1
        self.W_dec = nn.Parameter(unit_rows(directions))
        self.W_enc = nn.Parameter(self.W_dec.detach().clone())
        self.b_enc = nn.Parameter(torch.zeros(self.d_sae))
        self.b_dec = nn.Parameter(torch.zeros(self.d_model))

    def encoder_input(self, z: Float[Tensor, "n d_model"]) -> Float[Tensor, "n d_model"]:
        """What the encoder's weights are multiplied with."""
        return z - self.b_dec if self.subtracts_b_dec else z

    def pre_activations(
        self, z: Float[Tensor, "n d_model"], features: Int[Tensor, " n_features"] | None = None
    ) -> Float[Tensor, "n n_features"]:
        """`W_enc (z - b_dec) + b_enc`, for all features or only those asked for."""
        chosen = slice(None) if features is None else features
        return linear(self.encoder_input(z), self.W_enc[chosen], self.b_enc[chosen])

    def _pre_activation_blocks(
        self, z: Float[Tensor, "n d_model"]
    ) -> Iterator[tuple[int, Float[Tensor, "n_block d_sae"]]]:
        """`pre_activations`, see `product_blocks`."""
        return product_blocks(self.encoder_input(z), self.W_enc, self.b_enc, BLOCK_RESIDUES)

    def _decode(self, raw: Float[Tensor, "... d_sae"]) -> Float[Tensor, "... d_model"]:
        return raw @ self.W_dec + self.b_dec

    def _decode_sparse(self, raw: SparseFeatures) -> Float[Tensor, "n d_model"]:
        if not 0 < raw.indices.shape[1] <= DENSE_ABOVE * self.d_sae:
            return super()._decode_sparse(raw)
        sums = embedding_bag(raw.indices, self.W_dec, mode="sum", per_sample_weights=raw.values)
        return sums + self.b_dec


class ThresholdSAE(LinearSAE):
    """Keeps the pre-activations above a threshold: `f = p * 1[p > max(threshold, 0)]`."""

    @abstractmethod
    def activation_threshold(self) -> Float[Tensor, " d_sae"] | Float[Tensor, ""]:
        """The threshold, one for all features or one each."""

    def _encode(
        self, z: Float[Tensor, "n d_model"], features: Int[Tensor, " n_features"] | None
    ) -> Float[Tensor, "n n_features"]:
        p = self.pre_activations(z, features)
        threshold = self.activation_threshold()
        if features is not None and threshold.ndim:
            threshold = threshold[features]
        return p * (p > threshold.clamp_min(0))

    def _encode_sparse(self, z: Float[Tensor, "n d_model"]) -> SparseFeatures:
        threshold = self.activation_threshold().clamp_min(0)
        rows, columns, values = [], [], []
        for start, p in self._pre_activation_blocks(z):
            row, column, value = entries_above(p, threshold)
            rows.append(row + start)
            columns.append(column)
            values.append(value)
        return SparseFeatures(
            *nonzero_padded(torch.cat(rows), torch.cat(columns), torch.cat(values), z.shape[0])
        )
