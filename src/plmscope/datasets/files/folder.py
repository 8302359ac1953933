"""What a dataset needs that is a folder with versions."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any, Generic, TypeVar

from kedro.io import AbstractVersionedDataset, Version

from plmscope.datasets.files.versions import Placed

Saved = TypeVar("Saved")
Loaded = TypeVar("Loaded")


class _Versioned(AbstractVersionedDataset[Saved, Loaded], Generic[Saved, Loaded]):
    """Kedro's base, with the arguments that its datasets have."""

    def __init__(
        self,
        *,
        filepath: str,
        version: Version | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(PurePosixPath(filepath), version)
        self.metadata = metadata

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath), "version": self._version}


class VersionedFolder(Placed, _Versioned[Saved, Loaded], Generic[Saved, Loaded]):
    """A folder of any content; a subclass says how it is written and read.

    Args:
        filepath: The folder, which may be a URL; with versions, they lie below it.
        version: Kedro's version.
        metadata: Kedro's metadata.
    """
