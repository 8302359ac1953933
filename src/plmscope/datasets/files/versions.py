"""Versions of a dataset in a folder of any name."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from plmscope.disk.versions import versions_of


class LocalVersions:
    """Lets a versioned dataset find its versions where Kedro takes the path for a pattern.

    In a folder such as `run[1]` Kedro would find none.
    """

    _filepath: PurePosixPath

    def _get_versions(self) -> list[str]:
        """The files of all versions, the newest first."""
        return list(map(str, versions_of(Path(self._filepath))))
