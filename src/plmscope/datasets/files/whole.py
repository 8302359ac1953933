"""Text for people as a Kedro dataset that leaves no half of a file behind."""

from __future__ import annotations

from kedro_datasets.text.text_dataset import TextDataset

from plmscope.datasets.files.versions import Placed
from plmscope.disk.files import write_then_rename


class WholeTextDataset(Placed, TextDataset):
    """A text file; its arguments are those of `text.TextDataset`."""

    def load(self) -> str:
        """Read the file."""
        return self._load_place.read_text(encoding="utf-8")

    def save(self, data: str) -> None:
        """Write the file, whole or not at all."""
        with write_then_rename(self._save_place) as temporary:
            temporary.write_text(data, encoding="utf-8")
        self._invalidate_cache()
