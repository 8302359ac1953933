"""Text for people as a Kedro dataset that leaves no half of a file behind."""

from __future__ import annotations

from pathlib import Path

from kedro_datasets.text.text_dataset import TextDataset

from plmscope.datasets.files.versions import LocalVersions
from plmscope.disk.files import write_then_rename


class WholeTextDataset(LocalVersions, TextDataset):
    """A local text file; its arguments are those of `text.TextDataset`."""

    def save(self, data: str) -> None:
        """Write the file, whole or not at all."""
        with write_then_rename(Path(self._get_save_path())) as temporary:
            temporary.write_text(data, encoding="utf-8")
        self._invalidate_cache()
