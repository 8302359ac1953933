"""What every SAE shares: input normalisation and feature scaling, always inside."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import ClassVar, NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from plmscope.saes.config import Provenance, SAEConfig

Features = Sequence[int] | Int[Tensor, " n_features"]
"""A choice of features by number."""


class SparseFeatures(NamedTuple):
    """The nonzero features of each residue, padded to the same number with index 0, value 0.

    Attributes:
        indices: Feature numbers, int64 `[..., k_max]`.
        values: Their values, `[..., k_max]`.
    """

    indices: Int[Tensor, "... k_max"]
    values: Float[Tensor, "... k_max"]


class SAE(nn.Module, ABC):
    """A sparse autoencoder between activations and non-negative features.

    Whatever path a caller takes, an activation `x` is first normalised,
    `z = (x - input_mean) / input_scale`, and a raw feature is divided by `feature_scale`, its
    maximum over train, so that features lie in about [0, 1]. `decode` undoes both. An
    architecture only says how `z` becomes raw features and back.

    Attributes:
        config: Settings.
        d_model: Width of the activations.
        d_sae: Number of features.
        provenance: What it was trained on.
    """

    Config: ClassVar[type[SAEConfig]]
    config: SAEConfig
    input_mean: Float[Tensor, " d_model"]
    input_scale: Float[Tensor, ""]
    feature_scale: Float[Tensor, " d_sae"]

    def __init__(self, config: SAEConfig, generator: torch.Generator | None = None) -> None:
        """Make the shared buffers.

        Args:
            config: Settings; `d_model` must be known by now.
            generator: Random state of the initialisation.

        Raises:
            ValueError: If `config.d_model` is None.
        """
        super().__init__()
        if config.d_model is None:
            raise ValueError("d_model is not set: give the width of the activations")
        self.config = config
        self.d_model = config.d_model
        self.d_sae = config.d_sae
        self.provenance = Provenance()
        self.register_buffer("input_mean", torch.zeros(self.d_model))
        self.register_buffer("input_scale", torch.ones(()))
        self.register_buffer("feature_scale", torch.ones(self.d_sae))
        self._initialise(generator)

    # What an architecture says.

    def _initialise(self, generator: torch.Generator | None) -> None:
        """Make the parameters, if there are any."""

    @abstractmethod
    def _encode(
        self, z: Float[Tensor, "n d_model"], features: Int[Tensor, " n_features"] | None
    ) -> Float[Tensor, "n n_features"]:
        """Raw features of normalised activations; only those asked for."""

    @abstractmethod
    def _encode_sparse(self, z: Float[Tensor, "n d_model"]) -> SparseFeatures:
        """The same as `_encode`, as indices and values."""

    @abstractmethod
    def _decode(self, raw: Float[Tensor, "... d_sae"]) -> Float[Tensor, "... d_model"]:
        """Normalised reconstruction of raw features."""

    def _decode_sparse(self, raw: SparseFeatures) -> Float[Tensor, "n d_model"]:
        """The same as `_decode`, from indices and values."""
        dense = raw.values.new_zeros(raw.values.shape[0], self.d_sae)
        return self._decode(dense.scatter_add(1, raw.indices, raw.values))

    # What everyone calls.

    @property
    def dtype(self) -> torch.dtype:
        """Float type of the weights, and of everything that comes out."""
        return self.feature_scale.dtype

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.feature_scale.device

    def normalise(self, x: Float[Tensor, "... d_model"]) -> Float[Tensor, "... d_model"]:
        """`(x - input_mean) / input_scale`, in the weights' dtype and on their device."""
        return (x.to(self.feature_scale) - self.input_mean) / self.input_scale

    def encode(
        self, x: Float[Tensor, "... d_model"], features: Features | None = None
    ) -> Float[Tensor, "... n_features"]:
        """Features of activations, in about [0, 1] once calibrated.

        Args:
            x: Activations as the PLM gives them.
            features: Only these features, in this order. Default: all.

        Returns:
            `[..., d_sae]`, or `[..., len(features)]`.
        """
        z = self.normalise(x)
        chosen = None if features is None else torch.as_tensor(features, device=self.device)
        raw = self._encode(z.reshape(-1, self.d_model), chosen)
        scale = self.feature_scale if chosen is None else self.feature_scale[chosen]
        return (raw / scale).reshape(*z.shape[:-1], scale.numel())

    def encode_sparse(self, x: Float[Tensor, "... d_model"]) -> SparseFeatures:
        """The nonzero features of activations, without a dense `[..., d_sae]` result.

        Args:
            x: Activations as the PLM gives them.

        Returns:
            Indices and values `[..., k_max]`, padded with index 0 and value 0; `k_max` is the
            largest number of features that one residue has.
        """
        z = self.normalise(x)
        indices, raw = self._encode_sparse(z.reshape(-1, self.d_model))
        shape = (*z.shape[:-1], indices.shape[-1])
        values = raw / self.feature_scale[indices]
        return SparseFeatures(indices.reshape(shape), values.reshape(shape))

    def decode(self, features: Float[Tensor, "... d_sae"]) -> Float[Tensor, "... d_model"]:
        """Activations that the features stand for, in the PLM's own space."""
        raw = features * self.feature_scale
        return self._decode(raw) * self.input_scale + self.input_mean

    def decode_sparse(self, features: SparseFeatures) -> Float[Tensor, "... d_model"]:
        """The same as `decode`, from the nonzero features alone."""
        raw = features.values * self.feature_scale[features.indices]
        *leading, k_max = raw.shape
        rows = (part.reshape(math.prod(leading), k_max) for part in (features.indices, raw))
        z = self._decode_sparse(SparseFeatures(*rows)).reshape(*leading, self.d_model)
        return z * self.input_scale + self.input_mean

    def forward(self, x: Float[Tensor, "... d_model"]) -> Float[Tensor, "... d_model"]:
        """Reconstruct activations: `decode(encode(x))`."""
        return self.decode(self.encode(x))

    @torch.no_grad()
    def set_input_normalisation(
        self, mean: Float[Tensor, " d_model"], scale: Float[Tensor, ""] | float
    ) -> None:
        """Set `z = (x - mean) / scale`, before training.

        Args:
            mean: Mean activation over train.
            scale: One number for all dimensions.

        Raises:
            ValueError: If the scale is not a positive number.
        """
        if not 0 < float(scale) < float("inf"):
            raise ValueError(f"input scale must be a positive number, not {float(scale)}")
        self.input_mean.copy_(mean)
        self.input_scale.fill_(float(scale))

    @torch.no_grad()
    def calibrate(self, batches: Iterable[Float[Tensor, "n d_model"]]) -> None:
        """Set `feature_scale` to each feature's maximum, so that features lie in about [0, 1].

        Reconstructions do not change. A feature that never fires keeps the scale 1.

        Args:
            batches: Activations of the train split, in any batches.
        """
        maxima = torch.zeros_like(self.feature_scale)
        for x in batches:
            indices, raw = self._encode_sparse(self.normalise(x))
            maxima.scatter_reduce_(0, indices.flatten(), raw.flatten(), reduce="amax")
        self.feature_scale.copy_(torch.where(maxima > 0, maxima, 1.0))
