"""Folders and files by name: on this machine, or at a URL such as `s3://bucket/run`.

A URL is a `UPath` of universal_pathlib, which is used as a `pathlib.Path` is: `/`, `name`,
`exists`, `read_text`. It is none, by which the two are told apart: nothing that object storage
needs is imported before somebody names a URL.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from plmscope.errors import PlmscopeError, in_short

_FILE = "file://"


class ObjectStorageError(PlmscopeError):
    """Object storage that cannot be used, or not for this: the message names the URL."""


def is_url(place: object) -> bool:
    """Whether a setting names a URL rather than a folder or a file of this machine."""
    return isinstance(place, str) and "://" in place and not place.startswith(_FILE)


def as_path(place: Any) -> Path:
    """What a setting or a dataset calls its place, as a path.

    Args:
        place: A path, or text: a path or a URL.

    Raises:
        ObjectStorageError: It is a URL of an unknown kind, or what reads URLs is not installed.
    """
    if not isinstance(place, str):
        return place
    if not is_url(place):
        return Path(place.removeprefix(_FILE))
    try:
        from upath import UPath
    except ImportError as error:
        raise ObjectStorageError(
            f"{place} is a URL, and what reads URLs is not installed. Install it:"
            " pip install 'plmscope[s3]'"
        ) from error
    try:
        found: Any = UPath(place, use_listings_cache=False)  # other processes write there too
    except ValueError as error:
        raise ObjectStorageError(
            f"{place} is no place that can be used ({in_short(error)}). Give a folder, or a URL"
            " that fsspec knows, such as s3://bucket/run."
        ) from error
    return found


def is_remote(path: Path) -> bool:
    """Whether a path is a URL's."""
    return not isinstance(path, Path)
