"""The Matryoshka BatchTopK SAE."""

from __future__ import annotations

from itertools import pairwise
from typing import ClassVar, Literal, Self

from pydantic import model_validator

from plmscope.saes.architectures.batch_topk import BatchTopKSAE
from plmscope.saes.architectures.topk import KConfig
from plmscope.saes.config import SAEConfig


class MatryoshkaConfig(KConfig):
    """Settings of a Matryoshka SAE."""

    architecture: Literal["matryoshka"] = "matryoshka"
    """Names these settings among those of other architectures."""
    prefixes: tuple[float, ...] = (0.0625, 0.125, 0.25, 0.5, 1.0)
    """Fractions of the features, rising to 1, each of which must reconstruct alone."""

    @property
    def prefix_sizes(self) -> list[int]:
        """Number of features in each prefix."""
        return [round(fraction * self.d_sae) for fraction in self.prefixes]

    @model_validator(mode="after")
    def _prefixes_rise(self) -> Self:
        sizes = [0, *self.prefix_sizes]
        if sizes[-1] != self.d_sae or any(a >= b for a, b in pairwise(sizes)):
            raise ValueError(f"prefixes must rise to 1, but give {sizes[1:]} of {self.d_sae}")
        return self


class MatryoshkaSAE(BatchTopKSAE):
    """A BatchTopK SAE whose first features also reconstruct without the later ones.

    General concepts settle in the small prefixes, fine ones in the rest
    (Bussmann et al. 2025, arXiv:2503.17547). Encoding and decoding are BatchTopK's; only the
    training loss differs.
    """

    Config: ClassVar[type[SAEConfig]] = MatryoshkaConfig
    config: MatryoshkaConfig
