"""Where a dataset lies: in a folder of any name, or at a URL, with versions or without."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

from kedro.io import DatasetError

from plmscope.disk.places import as_path, is_url
from plmscope.disk.versions import is_whole, versions_of


class Placed:
    """Lets a dataset of Kedro's, versioned or not, lie where Kedro or its library cannot look.

    In a folder such as `run[1]` Kedro would take the path for a pattern and find no version. At a
    URL, what the library reads and writes is a local copy: it is told a local name, and its
    filesystem is this machine's.
    """

    _filepath: PurePosixPath

    def __init__(self, *, filepath: str, **arguments: Any) -> None:
        local = as_path(filepath).name if is_url(filepath) else filepath
        super().__init__(filepath=local, **arguments)  # type: ignore[call-arg]
        if is_url(filepath):
            self._filepath = as_path(filepath)  # type: ignore[assignment]

    @property
    def _load_place(self) -> Path:
        """The file or folder that is loaded."""
        return _as_path(self._get_load_path())  # type: ignore[attr-defined]

    @property
    def _save_place(self) -> Path:
        """The file or folder that is saved."""
        return _as_path(self._get_save_path())  # type: ignore[attr-defined]

    def _get_versions(self) -> list[str]:
        """The files of all versions, the newest first."""
        return list(map(str, versions_of(_as_path(self._filepath))))

    def _exists(self) -> bool:
        try:
            return is_whole(self._load_place)
        except DatasetError:
            return False


def _as_path(place: PurePosixPath | Path) -> Path:
    """Kedro's pure paths as such that can be looked at; a URL's can be."""
    return Path(place) if isinstance(place, PurePosixPath) else place
