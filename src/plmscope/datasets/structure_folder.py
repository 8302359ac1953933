"""A folder of structure files as a Kedro dataset."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NoReturn

from kedro.io import AbstractDataset, DatasetError


class StructureFolderDataset(AbstractDataset["Path", Any]):
    """Where structure files are; who uses them says what is missing there.

    Args:
        filepath: The folder.
        metadata: Kedro's metadata.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self.metadata = metadata
        self._folder = Path(filepath)

    def load(self) -> Path:
        """The folder."""
        return self._folder

    def save(self, data: Any) -> NoReturn:  # noqa: ARG002
        """Refuse: it is the user's."""
        raise DatasetError(f"{self._folder} is only read.")

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._folder)}
