"""What a dataset needs that is a folder with versions."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any, Generic, TypeVar

from kedro.io import AbstractVersionedDataset, DatasetError, Version

from plmscope.datasets.files.versions import LocalVersions

Saved = TypeVar("Saved")
Loaded = TypeVar("Loaded")


class VersionedFolder(
    LocalVersions, AbstractVersionedDataset[Saved, Loaded], Generic[Saved, Loaded]
):
    """A folder of any content; a subclass says how it is written and read.

    Args:
        filepath: The folder; with versions, they lie below it.
        version: Kedro's version.
        metadata: Kedro's metadata.
    """

    def __init__(
        self,
        *,
        filepath: str,
        version: Version | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(PurePosixPath(filepath), version)
        self.metadata = metadata

    def _exists(self) -> bool:
        try:
            return Path(self._get_load_path()).is_dir()
        except DatasetError:
            return False

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath), "version": self._version}
