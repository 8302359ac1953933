"""Comparing shards with their checksums: each once in a process, before its rows are first used.

Hashing a store costs about as much as reading it. What has been found sound is therefore remembered
for as long as its file stays as it was, so that a store that a later node opens is not read again.
"""

import logging
import time
from collections.abc import Sequence
from threading import Lock

import pandas as pd

from plmscope.activations.store.index import find_protein
from plmscope.activations.store.manifest import ActivationStoreError
from plmscope.activations.store.shard import FileState, Shard, find_row_not_finite, verify_shard

logger = logging.getLogger(__name__)

_known_to_be_sound: set[tuple[str, FileState, str]] = set()


class ShardChecks:
    """The checks of one store, shared by its views and by the threads that read it.

    Args:
        shards: All shards of the store.
        index: All proteins of the store, to name one whose values are not finite.
    """

    def __init__(self, shards: Sequence[Shard], index: pd.DataFrame) -> None:
        self._shards, self._index = shards, index
        self._is_sound = [False] * len(shards)
        self._lock = Lock()
        self._n_read = self._n_bytes = 0
        self._seconds = 0.0

    def require(self, number: int) -> None:
        """Check one shard, unless it has been.

        Raises:
            ActivationStoreError: It is damaged, or holds values that are not finite.
        """
        if self._is_sound[number]:
            return
        with self._lock:  # another thread may be at it: then wait for what it finds
            if not self._is_sound[number]:
                self._check(number)
                self._is_sound[number] = True
                if all(self._is_sound):
                    self._tell_cost()

    def require_all(self) -> None:
        """Check all shards that have not been.

        Raises:
            ActivationStoreError: One is damaged, or holds values that are not finite.
        """
        for number in range(len(self._shards)):
            self.require(number)

    def _check(self, number: int) -> None:
        start = time.perf_counter()
        shard = self._shards[number]
        if check_once(shard, self._index, number):
            self._n_read += 1
            self._n_bytes += shard.state.n_bytes
            self._seconds += time.perf_counter() - start

    def _tell_cost(self) -> None:
        if self._n_read:
            logger.info(
                "Checked %d shards (%.2f GB) in %.1f s",
                self._n_read,
                self._n_bytes / 1e9,
                self._seconds,
            )


def check_once(shard: Shard, index: pd.DataFrame, number: int) -> bool:
    """Check a shard, unless this process has found it sound before.

    Args:
        shard: Which one, open.
        index: All proteins of its store.
        number: Which of the store's shards it is.

    Returns:
        Whether it had to be read.

    Raises:
        ActivationStoreError: It is damaged, or holds values that are not finite.
    """
    known_as = (str(shard.path.absolute()), shard.state, shard.record.sha256)
    if known_as in _known_to_be_sound:
        return False
    check(shard, index, number)
    _known_to_be_sound.add(known_as)
    return True


def check(shard: Shard, index: pd.DataFrame, number: int) -> None:
    """Check a shard, whatever is known of it.

    Args:
        shard: Which one, open.
        index: All proteins of its store.
        number: Which of the store's shards it is.

    Raises:
        ActivationStoreError: It is damaged, or holds values that are not finite.
    """
    tensors = verify_shard(shard)
    row = find_row_not_finite(tensors["x"])
    if row is None and shard.scale is not None:
        row = find_row_not_finite(shard.scale[None])
    if row is not None:
        accession = find_protein(index, number, row)
        raise ActivationStoreError(
            f"{shard.path} holds values that are not finite, the first of them for {accession}."
            f" Leave it out: kedro run --params ingestion.exclude={accession}"
        )
