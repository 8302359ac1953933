"""Datasets of kedro-datasets that leave no half of a file behind."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

from kedro_datasets.plotly.json_dataset import JSONDataset
from kedro_datasets.text.text_dataset import TextDataset

from plmscope.datasets.files.versions import LocalVersions
from plmscope.disk.files import write_then_rename


class _WrittenWhole:
    """Lets the dataset behind it save to a temporary name, which is then renamed."""

    _temporary: Path | None = None

    def save(self, data: Any) -> None:
        """Write the file, whole or not at all."""
        with write_then_rename(Path(self._get_save_path())) as self._temporary:
            try:
                super().save.__wrapped__(self, data)  # type: ignore[misc]
            finally:
                self._temporary = None

    def _get_save_path(self) -> PurePosixPath:
        if self._temporary is not None:
            return PurePosixPath(self._temporary)
        return super()._get_save_path()  # type: ignore[misc]


class WholeTextDataset(LocalVersions, _WrittenWhole, TextDataset):
    """A local text file; its arguments are those of `text.TextDataset`."""


class WholePlotDataset(LocalVersions, _WrittenWhole, JSONDataset):
    """A plotly figure in a local file; its arguments are those of `plotly.JSONDataset`."""
