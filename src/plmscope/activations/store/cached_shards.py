"""The shards of a store on object storage, read through a local cache."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pandas as pd

from plmscope.activations.store.checks import check, check_once
from plmscope.activations.store.manifest import REMEDY, ActivationStoreError, StoreManifest
from plmscope.activations.store.shard import Shard
from plmscope.activations.store.shards import Part, open_recorded, read_parts
from plmscope.disk.cache import FileCache
from plmscope.disk.files import naming
from plmscope.disk.object_storage import entries
from plmscope.disk.places import ObjectStorageError

logger = logging.getLogger(__name__)

N_FETCHES = 4  # at once: one alone does not fill the line


class CachedShards:
    """Shards on object storage, each fetched into a local cache when it is first read.

    What is fetched is compared with its sha256; a copy that has become damaged is fetched again.
    Rows from all over the store are read shard by shard, so that each is fetched once, several
    together. Who reads on from one shard to the next finds the next one there.

    Args:
        folder: Of the store, a URL.
        manifest: Of the store.
        index: All proteins of the store.
        cache: Where the shards are put.

    Raises:
        ActivationStoreError: A shard is missing.
        ObjectStorageError: A shard does not fit into the cache.
    """

    def __init__(
        self, folder: Path, manifest: StoreManifest, index: pd.DataFrame, cache: FileCache
    ) -> None:
        self._folder, self._manifest, self._index = folder, manifest, index
        self._cache, self._ahead = cache, ThreadPoolExecutor(1)
        present = entries(folder)
        for record in manifest.shards:
            if record.name not in present:
                raise ActivationStoreError(f"{folder / record.name} is missing. {REMEDY}")
            cache.check_fits(folder / record.name, present[record.name].n_bytes)
        n_gb = sum(present[record.name].n_bytes for record in manifest.shards) / 1e9
        if n_gb > cache.max_gb:
            logger.warning(
                "%s has %.3g GB, the cache holds %.3g GB (store_cache_gb): what is read again is"
                " fetched again, in training for each window", folder, n_gb, cache.max_gb
            )  # fmt: skip

    def read(self, parts: Sequence[Part]) -> None:
        """As `Shards`."""
        of_shard: dict[int, list[Part]] = defaultdict(list)
        for part in parts:
            of_shard[part.shard].append(part)
        if len(of_shard) == 1:  # nothing to do at once; and blocks of proteins come by here
            self._read_one(*next(iter(of_shard.items())))
        else:
            # First what is there, before what is not takes its room.
            order = sorted(of_shard, key=lambda number: not self._cache.has(self._remote(number)))
            with ThreadPoolExecutor(N_FETCHES) as readers:
                list(readers.map(self._read_one, order, [of_shard[number] for number in order]))
        following = max(of_shard) + 1
        if len(of_shard) <= 2 and following < len(self._manifest.shards):
            self._ahead.submit(self._fetch, following)

    def require_all(self) -> None:
        """As `Shards`."""
        for number in range(len(self._manifest.shards)):
            self._read_one(number, [])

    def verify(self) -> None:
        """As `Shards`."""
        for number in range(len(self._manifest.shards)):
            with self._sound(number) as shard:
                check(shard, self._index, number)

    def _remote(self, number: int) -> Path:
        return self._folder / self._manifest.shards[number].name

    def _read_one(self, number: int, parts: Sequence[Part]) -> None:
        with self._sound(number) as shard:
            read_parts((shard, part) for part in parts)

    @contextmanager
    def _sound(self, number: int) -> Iterator[Shard]:
        """A shard that has been found sound, held in the cache."""
        remote = self._remote(number)
        with ExitStack() as stack:
            try:
                shard = self._checked(number, stack)
            except ActivationStoreError:  # it may be the copy
                stack.close()
                self._cache.drop(remote)
                shard = self._checked(number, stack)
            yield shard

    def _checked(self, number: int, stack: ExitStack) -> Shard:
        record, remote = self._manifest.shards[number], self._remote(number)
        try:
            path = stack.enter_context(self._cache.held(remote))
        except FileNotFoundError as error:
            raise ActivationStoreError(f"{remote} is missing. {REMEDY}") from error
        with naming(remote, path):
            shard = open_recorded(path, self._manifest, record)
            check_once(shard, self._index, number)
        return shard

    def _fetch(self, number: int) -> None:
        """Let a shard be there when it is asked for; then what is wrong with it is told."""
        remote = self._remote(number)
        with suppress(FileNotFoundError, ObjectStorageError), self._cache.held(remote):
            pass
