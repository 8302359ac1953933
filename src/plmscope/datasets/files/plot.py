"""Plotly figures as a Kedro dataset: written whole, with a checksum that is verified."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from kedro_datasets._typing import PlotlyPreview
from kedro_datasets.plotly.json_dataset import JSONDataset

from plmscope.datasets.files.sealed_json import REMEDY
from plmscope.datasets.files.versions import Placed
from plmscope.disk.files import read_sealed_json, write_sealed_json

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


class PlotDataset(Placed, JSONDataset):
    """A figure in a file, as plotly's JSON has it, with its sha256 as the last entry.

    Its arguments are those of `plotly.JSONDataset`.
    """

    def load(self) -> Figure:
        """Read the figure, and verify it."""
        from plotly.graph_objects import Figure

        return Figure(self._content())

    def save(self, data: Figure) -> None:
        """Write the figure, whole or not at all."""
        write_sealed_json(self._save_place, json.loads(data.to_json()))
        self._invalidate_cache()

    def preview(self) -> PlotlyPreview:
        """The figure as JSON, for kedro-viz."""
        return PlotlyPreview(self._content())

    def _content(self) -> dict[str, object]:
        return read_sealed_json(self._load_place, REMEDY, may_lack_seal=True)
