"""Writing files so that a reader never sees half of one, and reading them so that damage shows.

What is being written has a name of its own, `.<name>.<machine>-<process>-<random>.tmp`, until it is
renamed. The name says whose it is: what a killed process left behind is removed by the next one,
what a living process is writing is left alone.

At a URL nothing can be renamed: what is being written is a scratch file of this machine until it is
put there (`plmscope.disk.object_storage`).
"""

import hashlib
import json
import logging
import os
import re
import shutil
import socket
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from plmscope.disk.places import is_remote
from plmscope.errors import DamagedFileError, PlmscopeError, UnwritableError, why_unwritable

logger = logging.getLogger(__name__)

_MACHINE = re.sub(r"\W", "_", socket.gethostname())
_OWNER = re.compile(r"\.(?P<machine>\w+)-(?P<process>\d+)-\w+(?:\.tmp)?$")
_OLD_AFTER_SECONDS = 24 * 3600  # what another machine left: its processes cannot be asked about
_SEAL = "sha256"
_SCRATCH = ".plmscope"
_LFS_POINTER = b"version https://git-lfs"


@contextmanager
def write_then_rename(path: Path) -> Iterator[Path]:
    """Give a temporary sibling of `path` to write (a file or a folder), renamed to it on success.

    Args:
        path: Where the finished file or folder belongs. An existing one is replaced.

    Yields:
        The temporary path. Whatever is written there is removed if the body raises.

    Raises:
        UnwritableError: The disk is full, or may not be written.
    """
    if is_remote(path):
        with uploading(path) as temporary:
            yield temporary
        return
    temporary = path.with_name(f".{path.name}.{_own_suffix()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        remove_leftovers(path.parent.glob(f".{path.name}.*.tmp"))
        yield temporary
        if temporary.is_dir() and path.is_dir():
            shutil.rmtree(path)
        temporary.replace(path)
    except Exception as error:
        why = why_unwritable(error)
        if why is None:
            raise
        raise UnwritableError(
            f"{path} cannot be written ({why}). Make room there or allow it, or name another"
            " folder with --params data_root=<folder>, and run the same command again: what was"
            " finished is kept."
        ) from error
    finally:
        _remove(temporary)


@contextmanager
def uploading(path: Path) -> Iterator[Path]:
    """Give what writes whole files by itself a local path to write: `path`, if it is one.

    Args:
        path: Where the file or folder belongs.

    Yields:
        `path`; for a URL a scratch path of the same name, which is put there on success.
    """
    if not is_remote(path):
        yield path
        return
    from plmscope.disk.object_storage import upload

    with scratch_folder() as folder:
        yield folder / path.name
        upload(folder / path.name, path)


@contextmanager
def local_copy(path: Path) -> Iterator[Path]:
    """Give what reads local files a local path to read: `path`, if it is one.

    Args:
        path: A file, or a folder as `write_then_rename` has written it.

    Yields:
        `path`; for a URL a copy, which is removed at the end. Errors name the URL.

    Raises:
        FileNotFoundError: There is nothing at the URL.
    """
    if not is_remote(path):
        yield path
        return
    from plmscope.disk.object_storage import download

    with scratch_folder() as folder:
        copy = folder / path.name
        download(path, copy)
        with naming(path, copy):
            yield copy


@contextmanager
def naming(path: Path, copy: Path) -> Iterator[None]:
    """Let the errors that a user is told name a URL, rather than the local copy of it."""
    try:
        yield
    except PlmscopeError as error:
        raise type(error)(str(error).replace(str(copy), str(path))) from error


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder under the system's temporary one, removed at the end, or by the next run."""
    root = Path(tempfile.gettempdir())
    remove_leftovers(root.glob(f"{_SCRATCH}.*"))
    folder = root / f"{_SCRATCH}.{_own_suffix()}"
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        _remove(folder)


def remove_leftovers(candidates: Iterable[Path]) -> None:
    """Remove those of some temporary files and folders whose process is gone."""
    for path in candidates:
        if _is_left_over(path):
            _remove(path)


def is_lfs_pointer(path: Path) -> bool:
    """Whether a file is Git LFS's, which only stands for the file that was meant."""
    with path.open("rb") as file:
        return file.read(len(_LFS_POINTER)) == _LFS_POINTER


def sha256_of_file(path: Path) -> str:
    """The sha256 of a file's bytes, as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_of_json(*parts: object) -> str:
    """The sha256 of values that JSON can hold, as 64 hexadecimal digits."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def write_sealed_json(path: Path, content: dict[str, Any]) -> None:
    """Write an object as JSON with the sha256 of the rest of it as its last entry."""
    sealed = content | {_SEAL: sha256_of_json(content)}
    with write_then_rename(path) as temporary:
        temporary.write_text(json.dumps(sealed, indent=2) + "\n")


def read_sealed_json(path: Path, remedy: str, *, may_lack_seal: bool = False) -> dict[str, Any]:
    """Read what `write_sealed_json` wrote.

    Args:
        path: Where it is.
        remedy: What to do if it is damaged, as a sentence.
        may_lack_seal: Whether versions of PLMscope before wrote it without one: it is read then,
            and the log says that damage would not show.

    Raises:
        DamagedFileError: It is not JSON, or not what was written.
        FileNotFoundError: There is no such file.
    """
    text = path.read_bytes()
    if may_lack_seal and _lacks_seal(text):
        logger.warning("%s is of an older version, without a checksum", path)
        return json.loads(text)
    content = unsealed(text)
    if content is None:
        raise DamagedFileError(
            f"{path} is damaged, or of an older version: its checksum does not fit. {remedy}"
        )
    return content


def unsealed(text: bytes) -> dict[str, Any] | None:
    """The object in the bytes of a file that `write_sealed_json` wrote; None if it is damaged."""
    try:
        content = json.loads(text.decode())
        is_sound = isinstance(content, dict) and content.pop(_SEAL) == sha256_of_json(content)
    except (ValueError, KeyError):  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        return None
    return content if is_sound else None


def _lacks_seal(text: bytes) -> bool:
    try:
        content = json.loads(text.decode())
    except ValueError:
        return False
    return isinstance(content, dict) and _SEAL not in content


def _own_suffix() -> str:
    return f"{_MACHINE}-{os.getpid()}-{uuid4().hex[:8]}"


def _is_left_over(path: Path) -> bool:
    match = _OWNER.search(path.name)
    if match is None:
        return False
    if match["machine"] == _MACHINE:
        return not _is_running(int(match["process"]))
    try:
        return time.time() - path.stat().st_mtime > _OLD_AFTER_SECONDS
    except FileNotFoundError:
        return False


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's, but there
        return True
    return True


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
