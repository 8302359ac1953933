"""Reading a store of activations: by protein, by block, by row."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from plmscope.activations.batches import ShuffledBatches
from plmscope.activations.store.cached_shards import CachedShards
from plmscope.activations.store.index import read_index, whole_proteins
from plmscope.activations.store.manifest import ActivationStoreError, StoreManifest, current_store
from plmscope.activations.store.shards import LocalShards, Part, Shards
from plmscope.disk.cache import FileCache
from plmscope.disk.places import as_path, is_remote
from plmscope.proteins import hash_of_accessions

IF_NEW = "If they are new, run: kedro run --pipelines embedding"
WITHOUT_CORPUS = (
    "The corpus is not stored (embedding.corpus: false): train with kedro run --pipelines"
    " online_training, or set it to true and embed again."
)


class ActivationBlock(NamedTuple):
    """Whole proteins, one after the other.

    Attributes:
        accessions: Of the proteins, in the order of their rows.
        offsets: Protein i has the rows `offsets[i]` to `offsets[i + 1]`.
        x: Activations, float32.
    """

    accessions: list[str]
    offsets: Int64[np.ndarray, " n_proteins_plus_1"]
    x: Float[Tensor, "n_residues d_model"]


@dataclass(frozen=True, eq=False)
class ActivationStore:
    """The activations of one layer of one PLM, or a view of some of its proteins.

    Rows are numbered over the proteins of the view, in store order. Opening reads only the
    manifest, the index and the shards' headers (at a URL: which shards there are); what is read
    later is the caller's to keep.

    Args:
        folder: Where it is, which may be a URL.
        manifest: What it says about itself.
        index: accession, shard, first_row (in the shard), n_rows of the proteins of this view.
        shards: Where their rows are.
        cache: Through which a store at a URL is read.
    """

    folder: Path
    manifest: StoreManifest
    index: pd.DataFrame
    shards: Shards
    cache: FileCache | None = None

    @classmethod
    def open(cls, folder: Path | str, cache: FileCache | None = None) -> ActivationStore:
        """Open a complete store.

        Args:
            folder: Where it is, which may be a URL.
            cache: Through which it is read if it is at a URL.

        Raises:
            ActivationStoreError: It is missing, incomplete, its manifest or index is damaged, or a
                shard is missing or torn.
        """
        folder = as_path(folder)
        manifest = StoreManifest.read(folder)
        index = read_index(folder, manifest)
        return cls(folder, manifest, index, _open_shards(folder, manifest, index, cache), cache)

    @classmethod
    def open_current(
        cls, root: Path | str, layer: int, cache: FileCache | None = None
    ) -> ActivationStore:
        """Open the current store of a layer.

        Args:
            root: Folder of a PLM's stores.
            layer: Which layer.
            cache: As `open` takes it.

        Raises:
            ActivationStoreError: There is none, or it cannot be opened.
        """
        return cls.open(current_store(as_path(root), layer), cache)

    def __reduce__(self) -> tuple[Any, ...]:
        # Sent to another process, it is opened, and what it reads is checked, anew.
        return _open_view, (self.folder, self.index, self.cache)

    def verify(self) -> None:
        """Read every shard and check it, also if it has been checked before.

        Raises:
            ActivationStoreError: A shard is damaged, or holds values that are not finite.
        """
        ActivationStore.open(self.folder, self.cache).shards.verify()

    @property
    def is_stored(self) -> bool:
        """Whether rows are read, so that every pass over them costs little."""
        return True

    @property
    def accessions(self) -> list[str]:
        """The proteins, in store order."""
        return self.index["accession"].tolist()

    @property
    def n_residues(self) -> int:
        """Rows of all proteins."""
        return int(self.offsets[-1])

    @property
    def split_hash(self) -> str:
        """What an SAE trained on these proteins says of its train split."""
        return hash_of_accessions(self.accessions)

    @property
    def d_model(self) -> int:
        """Width of an activation."""
        return self.manifest.d_model

    def select(self, accessions: Iterable[str]) -> ActivationStore:
        """A view of some proteins, in store order.

        Raises:
            ActivationStoreError: The store lacks one of them.
        """
        wanted = set(accessions)
        self._require(wanted)
        index = self.index[self.index["accession"].isin(wanted)].reset_index(drop=True)
        return replace(self, index=index)

    def part(self, start: int, stop: int) -> ActivationStore:
        """A view of the proteins from number `start` to before `stop`."""
        return replace(self, index=self.index.iloc[start:stop].reset_index(drop=True))

    def protein(self, accession: str) -> Float[Tensor, "n_residues d_model"]:
        """The activations of one protein, float32.

        Raises:
            ActivationStoreError: The store lacks it.
        """
        self._require([accession])
        first, last = self.offsets[self._position[accession] :][:2]
        return self._rows(int(first), int(last))

    def blocks(self, max_residues: int = 8192) -> Iterator[ActivationBlock]:
        """All proteins in store order, several at a time.

        Args:
            max_residues: Most residues of a block; a longer protein is a block of its own.
        """
        accessions, offsets = self.accessions, self.offsets
        for start, stop in whole_proteins(offsets, max_residues):
            yield ActivationBlock(
                accessions[start:stop],
                offsets[start : stop + 1] - offsets[start],
                self._rows(int(offsets[start]), int(offsets[stop])),
            )

    def chunk_edges(self, max_rows: int) -> Int64[np.ndarray, " n_chunks_plus_1"]:
        """Where to cut the rows into chunks that are read one by one: everywhere."""
        return np.append(np.arange(0, self.n_residues, max_rows), self.n_residues)

    def batches(
        self,
        batch_size: int,
        *,
        seed: int,
        memory_budget_gb: float = 1.0,
        rank: int = 0,
        n_ranks: int = 1,
    ) -> ShuffledBatches:
        """Endless shuffled batches of residues, resumable; see `ShuffledBatches`."""
        return ShuffledBatches(
            self,
            batch_size,
            seed=seed,
            memory_budget_gb=memory_budget_gb,
            rank=rank,
            n_ranks=n_ranks,
        )

    def read_rows(
        self, first: int, out: Float[Tensor, "n_rows d_model"]
    ) -> Float[Tensor, "n_rows d_model"]:
        """Fill `out` with consecutive rows, from row `first` on.

        Args:
            first: Row number in this view.
            out: Float32, contiguous; filled in place.

        Returns:
            `out`.
        """
        return self.read_ranges(np.array([[first, first + len(out)]]), out)

    def read_ranges(
        self, ranges: Int64[np.ndarray, "n_ranges 2"], out: Float[Tensor, "n_rows d_model"]
    ) -> Float[Tensor, "n_rows d_model"]:
        """Fill `out` with ranges from all over the store, one after the other.

        Args:
            ranges: First row of each, and the row behind its last.
            out: Float32, contiguous.

        Returns:
            `out`.

        Raises:
            ActivationStoreError: A shard's file was cut off since the store was opened.
        """
        ends = np.diff(ranges).ravel().cumsum().tolist()
        parts = [
            part
            for (first, last), end in zip(ranges.tolist(), ends, strict=True)
            for part in self._parts(first, out[end - (last - first) : end])
        ]
        self.shards.read(parts)
        return out

    def _parts(self, first: int, out: Float[Tensor, "n_rows d_model"]) -> Iterator[Part]:
        """Consecutive rows as they lie on disk."""
        runs, n_found, n_rows = self._runs, 0, len(out)
        run = bisect_right(runs.starts, first) - 1
        while n_found < n_rows:
            skipped = first + n_found - runs.starts[run]
            n_here = min(runs.n_rows[run] - skipped, n_rows - n_found)
            begin = runs.first_rows[run] + skipped
            yield Part(runs.shards[run], begin, out[n_found : n_found + n_here])
            n_found += n_here
            run += 1

    def _rows(self, first: int, last: int) -> Float[Tensor, "n_rows d_model"]:
        return self.read_rows(first, torch.empty(last - first, self.d_model))

    def _require(self, accessions: Collection[str]) -> None:
        missing = sorted(accession for accession in accessions if accession not in self._position)
        if missing:
            raise ActivationStoreError(
                f"{self.folder} has no activations of {len(missing)} of the {len(accessions)}"
                f" proteins asked for: {', '.join(missing[:5])}{', …' if missing[5:] else ''}."
                f" {IF_NEW if self.manifest.corpus else WITHOUT_CORPUS}"
            )

    @cached_property
    def _position(self) -> dict[str, int]:
        return {accession: position for position, accession in enumerate(self.accessions)}

    @cached_property
    def offsets(self) -> Int64[np.ndarray, " n_proteins_plus_1"]:
        """Protein i has the rows `offsets[i]` to `offsets[i + 1]`."""
        return np.concatenate([[0], np.cumsum(self.index["n_rows"].to_numpy(dtype=np.int64))])

    @cached_property
    def _runs(self) -> _Runs:
        """Stretches of rows that follow each other on disk, each read with one copy."""
        shards, first_rows = self.index["shard"].to_numpy(), self.index["first_row"].to_numpy()
        n_rows = self.index["n_rows"].to_numpy()
        continues = (shards[1:] == shards[:-1]) & (first_rows[1:] == (first_rows + n_rows)[:-1])
        heads = np.flatnonzero(np.concatenate([[True], ~continues]))
        starts = self.offsets[heads]
        n_rows_of_runs = np.diff(starts, append=self.n_residues)
        columns = (starts, n_rows_of_runs, shards[heads], first_rows[heads])
        return _Runs(*(column.tolist() for column in columns))


def _open_view(folder: Path, index: pd.DataFrame, cache: FileCache | None) -> ActivationStore:
    return replace(ActivationStore.open(folder, cache), index=index)


def _open_shards(
    folder: Path, manifest: StoreManifest, index: pd.DataFrame, cache: FileCache | None
) -> Shards:
    if not is_remote(folder):
        return LocalShards(folder, manifest, index)
    if cache is None:
        raise ActivationStoreError(f"{folder} is read through a cache: give a FileCache.")
    return CachedShards(folder, manifest, index, cache)


class _Runs(NamedTuple):
    starts: list[int]
    n_rows: list[int]
    shards: list[int]
    first_rows: list[int]
