"""A folder of this machine that holds copies of files of object storage, as many as fit.

Several processes may share it. A copy is fetched by one of them, under a temporary name; who reads
it holds a lock on it, which the system lets go of when the process ends, however it ends. What was
not read for longest is removed first, and never while somebody holds it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from filelock import FileLock

from plmscope.disk.files import write_then_rename
from plmscope.disk.object_storage import download, entry
from plmscope.disk.places import ObjectStorageError

_LOCK = ".lock"


@dataclass(frozen=True)
class FileCache:
    """Copies of remote files.

    Args:
        folder: Where they are; made when the first is fetched.
        max_gb: Most that they take, in 10^9 bytes; more only while what is there is being read,
            or fetched.
    """

    folder: Path
    max_gb: float

    @contextmanager
    def held(self, remote: Path) -> Iterator[Path]:
        """Give a copy of a file, fetched if it is not there, which nobody removes meanwhile.

        Raises:
            FileNotFoundError: There is no such file.
            ObjectStorageError: It does not fit, or cannot be fetched.
        """
        path = self._path(remote)
        with self._opened(remote, path):
            os.utime(path)
            yield path

    def has(self, remote: Path) -> bool:
        """Whether there is a copy of a file now."""
        return self._path(remote).exists()

    def drop(self, remote: Path) -> None:
        """Forget the copy of a file, which is no longer good."""
        self._path(remote).unlink(missing_ok=True)

    def check_fits(self, remote: Path, n_bytes: int) -> None:
        """Refuse a file that is larger than the whole cache.

        Raises:
            ObjectStorageError: It is.
        """
        if n_bytes > self.max_gb * 1e9:
            raise ObjectStorageError(
                f"{remote} has {n_bytes / 1e9:.3g} GB, which do not fit into a cache of"
                f" {self.max_gb:g} GB: raise store_cache_gb in globals.yml."
            )

    def _path(self, remote: Path) -> Path:
        key = hashlib.sha256(str(remote.parent).encode()).hexdigest()[:16]
        return self.folder / key / remote.name

    @contextmanager
    def _opened(self, remote: Path, path: Path) -> Iterator[None]:
        while (file := _open_and_lock(path)) is None:
            self._fetch(remote, path)
        with file:
            yield

    def _fetch(self, remote: Path, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_name(f".{path.name}{_LOCK}")):
            if path.exists():  # another has fetched it meanwhile
                return
            n_bytes = entry(remote).n_bytes
            self.check_fits(remote, n_bytes)
            self._make_room(n_bytes)
            with write_then_rename(path) as temporary:
                download(remote, temporary)

    def _make_room(self, n_bytes: int) -> None:
        copies = sorted(
            (status.st_mtime, status.st_size, path)
            for path in self.folder.glob("*/*")
            if not path.name.startswith(".") and (status := _status(path)) is not None
        )
        surplus = sum(size for _, size, _ in copies) + n_bytes - self.max_gb * 1e9
        for _, size, path in copies:
            if surplus <= 0:
                return
            if _remove_unless_held(path):
                surplus -= size


def _open_and_lock(path: Path) -> BinaryIO | None:
    """Open a copy and keep it; None if it is not there, or is being removed."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return None
    fcntl.flock(file, fcntl.LOCK_SH)
    if os.fstat(file.fileno()).st_nlink:
        return file
    file.close()
    return None


def _remove_unless_held(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
    except BlockingIOError:
        return False
    except FileNotFoundError:
        pass
    return True


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None
