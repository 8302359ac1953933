"""JSON objects as a Kedro dataset: written whole, with a checksum that is verified."""

from __future__ import annotations

from typing import Any

from kedro_datasets.json.json_dataset import JSONDataset

from plmscope.datasets.files.versions import Placed
from plmscope.disk.files import read_sealed_json, write_sealed_json

REMEDY = "Run the pipeline that makes it again."


class SealedJSONDataset(Placed, JSONDataset):
    """A JSON file that ends with the sha256 of what is before it.

    Its arguments are those of `json.JSONDataset`.
    """

    def load(self) -> dict[str, Any]:
        """Read the object, and verify it."""
        return read_sealed_json(self._load_place, REMEDY)

    def save(self, data: dict[str, Any]) -> None:
        """Write the object, whole or not at all."""
        write_sealed_json(self._save_place, data)
        self._invalidate_cache()
