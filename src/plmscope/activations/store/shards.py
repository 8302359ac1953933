"""The shards of a store: checked, then read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import pandas as pd
from jaxtyping import Float
from torch import Tensor

from plmscope.activations.store.checks import ShardChecks, check
from plmscope.activations.store.file_reads import Stretch, read_stretches
from plmscope.activations.store.manifest import ShardRecord, StoreManifest
from plmscope.activations.store.shard import Shard, open_shard


class Part(NamedTuple):
    """Consecutive rows of one shard, and where they go.

    Attributes:
        shard: Its number.
        first: The first row in it.
        out: Contiguous, float32; filled in place.
    """

    shard: int
    first: int
    out: Float[Tensor, "n_rows d_model"]


class Shards(Protocol):
    """All shards of a store."""

    def read(self, parts: Sequence[Part]) -> None:
        """Fill all parts, from shards that have been found sound.

        Raises:
            ActivationStoreError: A shard is missing, damaged, or holds values that are not finite.
        """
        ...

    def require_all(self) -> None:
        """Check all shards that have not been.

        Raises:
            ActivationStoreError: One is damaged, or holds values that are not finite.
        """
        ...

    def verify(self) -> None:
        """Check all shards, also those that have been.

        Raises:
            ActivationStoreError: One is damaged, or holds values that are not finite.
        """
        ...


class LocalShards:
    """Shards that are files of this machine, all of them open.

    Args:
        folder: Of the store.
        manifest: Of the store.
        index: All proteins of the store.

    Raises:
        ActivationStoreError: A shard is missing or torn.
    """

    def __init__(self, folder: Path, manifest: StoreManifest, index: pd.DataFrame) -> None:
        self._shards = tuple(
            open_recorded(folder / record.name, manifest, record) for record in manifest.shards
        )
        self._index, self._checks = index, ShardChecks(self._shards, index)

    def read(self, parts: Sequence[Part]) -> None:
        """As `Shards`."""
        for part in parts:
            self._checks.require(part.shard)
        read_parts((self._shards[part.shard], part) for part in parts)

    def require_all(self) -> None:
        """As `Shards`."""
        self._checks.require_all()

    def verify(self) -> None:
        """As `Shards`."""
        for number, shard in enumerate(self._shards):
            check(shard, self._index, number)


def open_recorded(path: Path, manifest: StoreManifest, record: ShardRecord) -> Shard:
    """Open the shard that a manifest has a record of.

    Raises:
        ActivationStoreError: The file is missing, cut off, or not this shard.
    """
    return open_shard(path, (record.n_residues, manifest.d_model), manifest.dtype, record)


def read_parts(parts: Iterable[tuple[Shard, Part]]) -> None:
    """Fill parts from the shards that they are of.

    Raises:
        ActivationStoreError: A shard's file was cut off since it was opened.
    """
    of_shards = list(parts)
    read_stretches(
        [
            Stretch(shard.path, shard.place(part.first), shard.dtype, part.out)
            for shard, part in of_shards
        ]
    )
    for shard, part in of_shards:
        if shard.scale is not None:
            part.out.mul_(shard.scale)
