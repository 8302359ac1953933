"""Products with the features that are active: a few of them, or a dense matrix.

With few, the work is in proportion to their number. `embedding_bag` is the kernel behind both
products: a weighted sum of matrix rows, on the CPU and on CUDA, without the overhead and the
index limits of the general sparse formats.
"""

from __future__ import annotations

import warnings
from functools import cached_property

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn.functional import embedding_bag

warnings.filterwarnings("ignore", message="Sparse CSR tensor support is in beta")


class ActivePattern:
    """Which features are active for which residues of a batch.

    Entries are ordered by residue. The same entries ordered by feature are made once and serve
    all the products that sum over residues.

    Attributes:
        features: Feature of each entry, int32 `[nnz]`.
        n_residues: Rows of the batch.
        n_features: Features to choose from.
    """

    def __init__(
        self, residues: Int[Tensor, " nnz"], features: Int[Tensor, " nnz"], shape: tuple[int, int]
    ) -> None:
        """Take the entries.

        Args:
            residues: Row of each entry, ascending.
            features: Feature of each entry.
            shape: Numbers of residues and of features.
        """
        self.n_residues, self.n_features = shape
        self.residues = residues.int()
        self.features = features.int()

    @classmethod
    def of_rows(cls, features: Int[Tensor, "n_residues k"], n_features: int) -> ActivePattern:
        """The pattern where every residue has the same number of features."""
        n, k = features.shape
        residues = torch.arange(n, device=features.device).repeat_interleave(k)
        return cls(residues, features.reshape(-1), (n, n_features))

    def where(self, chosen: Bool[Tensor, " nnz"]) -> ActivePattern:
        """Only the chosen entries."""
        shape = (self.n_residues, self.n_features)
        return ActivePattern(self.residues[chosen], self.features[chosen], shape)

    def between(self, first: int, last: int) -> tuple[ActivePattern, Bool[Tensor, " nnz"]]:
        """The part with features `first` to `last - 1`, renumbered from 0, and its entries."""
        chosen = (self.features >= first) & (self.features < last)
        if (first, last) == (0, self.n_features):
            return self, chosen
        shape = (self.n_residues, last - first)
        return ActivePattern(self.residues[chosen], self.features[chosen] - first, shape), chosen

    def decode(
        self, values: Float[Tensor, " nnz"], weight: Float[Tensor, "n_features d_model"]
    ) -> Float[Tensor, "n_residues d_model"]:
        """For each residue, the sum of its features' weights times their values."""
        offsets = _offsets(self.residues, self.n_residues)
        return _weighted_sums(self.features, offsets, values, weight)

    def weight_gradient(
        self, values: Float[Tensor, " nnz"], rows: Float[Tensor, "n_residues d_model"]
    ) -> Float[Tensor, "n_features d_model"]:
        """For each feature, the sum of its residues' rows times the values."""
        order = self._by_feature
        return _weighted_sums(self.residues[order], self._feature_offsets, values[order], rows)

    def dot(
        self,
        rows: Float[Tensor, "n_residues d_model"],
        weight: Float[Tensor, "n_features d_model"],
    ) -> Float[Tensor, " nnz"]:
        """For each entry, the product of its residue's row and its feature's weight."""
        order = self._by_feature
        pattern = torch.sparse_csr_tensor(
            self._feature_offsets,
            self.residues[order],
            rows.new_zeros(order.numel()),
            (self.n_features, self.n_residues),
            check_invariants=False,
        )
        # Ordered by feature, a weight row is read once and the batch stays in the cache.
        products = torch.sparse.sampled_addmm(pattern, weight, rows.T, beta=0.0).values()
        return torch.empty_like(products).index_copy_(0, order, products)

    def at_features(self, per_feature: Float[Tensor, " n_features"]) -> Float[Tensor, " nnz"]:
        """For each entry, its feature's number."""
        return per_feature[self.features]

    def sum_by_feature(self, values: Float[Tensor, " nnz"]) -> Float[Tensor, " n_features"]:
        """For each feature, the sum of its values."""
        return values.new_zeros(self.n_features).scatter_add_(0, self.features.long(), values)

    @cached_property
    def _by_feature(self) -> Int[Tensor, " nnz"]:
        return torch.argsort(self.features, stable=True)

    @cached_property
    def _feature_offsets(self) -> Int[Tensor, " n_features_plus_1"]:
        return _offsets(self.features[self._by_feature], self.n_features)


class DensePattern:
    """All features of all residues, with the products of `ActivePattern` as dense ones.

    Attributes:
        dtype: In which the products are computed.
    """

    def __init__(self, dtype: torch.dtype) -> None:
        self.dtype = dtype

    def decode(
        self, values: Float[Tensor, "n_residues d_sae"], weight: Float[Tensor, "d_sae d_model"]
    ) -> Float[Tensor, "n_residues d_model"]:
        """For each residue, the sum of the features' weights times their values."""
        return self._product(values, weight).to(weight.dtype)

    def weight_gradient(
        self, values: Float[Tensor, "n_residues d_sae"], rows: Float[Tensor, "n_residues d_model"]
    ) -> Float[Tensor, "d_sae d_model"]:
        """For each feature, the sum of the residues' rows times the values."""
        return self._product(values.T, rows)

    def dot(
        self, rows: Float[Tensor, "n_residues d_model"], weight: Float[Tensor, "d_sae d_model"]
    ) -> Float[Tensor, "n_residues d_sae"]:
        """The product of each residue's row and each feature's weight."""
        return self._product(rows, weight.T)

    def at_features(self, per_feature: Float[Tensor, " d_sae"]) -> Float[Tensor, " d_sae"]:
        """A number for each feature, as it meets the values."""
        return per_feature

    def sum_by_feature(self, values: Float[Tensor, "n_residues d_sae"]) -> Float[Tensor, " d_sae"]:
        """For each feature, the sum of its values."""
        return values.sum(0).to(torch.promote_types(values.dtype, torch.float32))

    def _product(self, a: Tensor, b: Tensor) -> Tensor:
        return a.to(self.dtype) @ b.to(self.dtype)


def _offsets(ascending: Int[Tensor, " nnz"], n: int) -> Int[Tensor, " n_plus_1"]:
    """Where the entries of 0, 1, ..., n - 1 begin, and the end."""
    numbers = torch.arange(n + 1, dtype=ascending.dtype, device=ascending.device)
    return torch.searchsorted(ascending, numbers, out_int32=True)


def _weighted_sums(
    numbers: Int[Tensor, " nnz"],
    offsets: Int[Tensor, " n_plus_1"],
    weights: Float[Tensor, " nnz"],
    rows: Float[Tensor, "n_rows d_model"],
) -> Float[Tensor, "n d_model"]:
    """Sums of `rows[numbers]` times `weights`, from each offset to the next."""
    return embedding_bag(
        numbers,
        rows,
        offsets,
        mode="sum",
        per_sample_weights=weights,
        include_last_offset=True,
    )
