"""Files and folders on object storage: put and fetched whole.

There is no rename: a PUT that is finished replaces what was there, one that fails leaves it as it
was. A folder is as many PUTs as it has files, and is there when the last one is, that of
`.files.json`: the sha256 of each of its files.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

from plmscope.disk.files import read_sealed_json, sha256_of_file, write_sealed_json
from plmscope.disk.places import ObjectStorageError
from plmscope.errors import DamagedFileError, PlmscopeError, in_short

FILES = ".files.json"
_TAGS = ("ETag", "etag", "md5Hash", "created")  # of S3, Azure, Google, fsspec's memory


class Entry(NamedTuple):
    """What a listing says of an object.

    Attributes:
        n_bytes: Its size.
        tag: Another one if it has other bytes; "" if the storage tells none.
    """

    n_bytes: int
    tag: str


def upload(local: Path, remote: Path) -> None:
    """Put a file or a folder; it is seen when all of it is there.

    Args:
        local: On this machine.
        remote: Where it belongs. An existing one is replaced.

    Raises:
        ObjectStorageError: The storage does not take it.
    """
    with _told(remote):
        if local.is_file():
            _fs(remote).put_file(str(local), _key(remote))
            return
        remove(remote)
        files = sorted(path for path in local.rglob("*") if path.is_file())
        names = [path.relative_to(local).as_posix() for path in files]
        for path, name in zip(files, names, strict=True):
            _fs(remote).put_file(str(path), _key(remote / name))
        digests = dict(zip(names, map(sha256_of_file, files), strict=True))
        write_sealed_json(remote / FILES, {"files": digests})


def download(remote: Path, local: Path) -> None:
    """Fetch a file, or a folder that `upload` has put, whose files are compared with their sha256.

    Raises:
        DamagedFileError: A file of the folder is missing, not what was put there, or to be put
            outside the local one.
        FileNotFoundError: There is neither.
        ObjectStorageError: The storage does not give it.
    """
    with _told(remote):
        if not (remote / FILES).exists():
            _fs(remote).get_file(_key(remote), str(local))
            return
        for name, digest in digests_of(remote).items():
            path = local / name
            if not path.resolve().is_relative_to(local.resolve()):
                raise DamagedFileError(f"{remote / FILES} names a file outside its folder: {name}.")
            path.parent.mkdir(parents=True, exist_ok=True)
            if (remote / name).exists():
                _fs(remote).get_file(_key(remote / name), str(path))
            if not path.exists() or sha256_of_file(path) != digest:
                raise DamagedFileError(
                    f"{remote / name} is missing or damaged: its checksum does not fit. Run the"
                    " pipeline that makes it again."
                )


def digests_of(remote: Path) -> dict[str, str]:
    """The sha256 of each file of a folder, by its name within it, as `.files.json` has them."""
    return read_sealed_json(remote / FILES, "Run the pipeline that makes it again.")["files"]


def is_whole(remote: Path) -> bool:
    """Whether there is a file, or a folder of which all files are there."""
    return (remote / FILES).exists() or remote.is_file()


def remove(remote: Path) -> None:
    """Remove a file or a folder, if it is there; of a folder first what says that it is whole."""
    fs = _fs(remote)
    if (remote / FILES).exists():
        fs.rm_file(_key(remote / FILES))
    if remote.exists():
        fs.rm(_key(remote), recursive=True)


def entries(folder: Path) -> dict[str, Entry]:
    """The objects right below a URL, by name, from one listing; none if there is nothing."""
    with _told(folder):
        try:
            listed = _fs(folder).ls(_key(folder), detail=True, refresh=True)
        except FileNotFoundError:
            return {}
    return {
        info["name"].rstrip("/").rpartition("/")[2]: Entry(int(info["size"] or 0), _tag(info))
        for info in listed
        if info["type"] == "file"
    }


def entry(remote: Path) -> Entry:
    """What the storage says of one object."""
    with _told(remote):
        info = _fs(remote).info(_key(remote), refresh=True)
    return Entry(int(info["size"]), _tag(info))


def read_all(paths: list[Path]) -> dict[str, bytes]:
    """The contents of small objects, by name, asked for together; of those that are there."""
    if not paths:
        return {}
    with _told(paths[0]):
        found = _fs(paths[0]).cat([_key(path) for path in paths], on_error="omit")
    return {key.rpartition("/")[2]: content for key, content in found.items()}


def check_storage(remote: Path, is_written: bool) -> None:
    """Ask the storage whether it can be used at all.

    Args:
        remote: A place in it.
        is_written: Whether it is to be written, too: an empty object is put there and removed.

    Raises:
        ObjectStorageError: The bucket is not there, the credentials are not good for it, or nobody
            answers.
    """
    with _told(remote):
        try:
            fs, key = _fs(remote), _key(remote)
            bucket = key.strip("/").partition("/")[0]
            fs.ls(key if fs.exists(key) else bucket, refresh=True)
            if is_written:
                probe = f"{key.rstrip('/')}/.probe-{uuid4().hex}"
                fs.pipe_file(probe, b"")
                fs.rm_file(probe)
        except FileNotFoundError as error:
            raise ObjectStorageError(
                f"There is no bucket of that name: {remote}. Make it, or name another one in"
                " globals.yml (data_root, paths)."
            ) from error


@contextmanager
def _told(remote: Path) -> Iterator[None]:
    """Tell in a sentence what the storage's library raises, of which each has its own errors."""
    try:
        yield
    except (PlmscopeError, FileNotFoundError):
        raise
    except Exception as error:
        raise ObjectStorageError(
            f"{remote} cannot be used ({type(error).__name__}: {in_short(error)}). Look at the"
            " bucket, the credentials and the endpoint, which are taken from the environment"
            " (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_ENDPOINT_URL), then run again: what is"
            " stored is kept."
        ) from error


def _fs(remote: Path) -> Any:
    return remote.fs  # type: ignore[attr-defined]


def _key(remote: Path) -> str:
    return remote.path  # type: ignore[attr-defined]


def _tag(info: dict[str, Any]) -> str:
    return next((str(info[key]) for key in _TAGS if info.get(key)), "")
