"""Where the versions of a dataset lie: `<path>/<version>/<name>`, as Kedro writes them."""

from __future__ import annotations

import shutil
from pathlib import Path

from plmscope.disk.places import is_remote


def versions_of(path: Path) -> list[Path]:
    """The file or folder of each version, the newest first.

    Not by a pattern: in a folder such as `run[1]` that would find none.

    Args:
        path: What the catalog calls the dataset's filepath.
    """
    if not path.is_dir():
        return []
    held = [folder / path.name for folder in path.iterdir() if is_whole(folder / path.name)]
    return sorted(held, reverse=True)


def is_whole(path: Path) -> bool:
    """Whether a file or folder is there; of a folder at a URL, whether all of its files are."""
    if not is_remote(path):
        return path.exists()
    from plmscope.disk import object_storage

    return object_storage.is_whole(path)


def newest(path: Path) -> Path:
    """The newest version of a dataset; the path itself where it has no versions.

    Args:
        path: What the catalog calls the dataset's filepath.
    """
    return next(iter(versions_of(path)), path)


def keep_newest(path: Path, n: int) -> list[Path]:
    """Remove all versions of a dataset but the newest.

    Args:
        path: What the catalog calls the dataset's filepath.
        n: How many to keep, at least 1.

    Returns:
        The folders that were removed, each a version.

    Raises:
        ValueError: `n` is less than 1.
    """
    if n < 1:
        raise ValueError(f"at least one version must be kept, not {n}")
    removed = [version.parent for version in versions_of(path)[n:]]
    for folder in removed:
        _remove(folder)
    return removed


def _remove(folder: Path) -> None:
    if not is_remote(folder):
        shutil.rmtree(folder)
        return
    from plmscope.disk import object_storage

    object_storage.remove(folder)
