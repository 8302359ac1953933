"""A table of features that can be searched, sorted and clicked."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
import pandas as pd
import traitlets


class FeatureTable(anywidget.AnyWidget):
    """Rows of concepts and features; a click chooses the row's feature.

    Attributes:
        columns: What to show of each row: `key`, `label` and, for numbers, `digits`.
        rows: The rows, each with a `feature`.
        selected: The feature whose rows are marked.
        placeholder: What the search field says while it is empty.
        clicked: Feature and time of the last click, set by the browser.
    """

    _esm = Path(__file__).with_name("table.js")

    columns: traitlets.List[dict[str, Any]] = traitlets.List().tag(sync=True)
    rows: traitlets.List[dict[str, Any]] = traitlets.List().tag(sync=True)
    selected = traitlets.Int(-1).tag(sync=True)
    placeholder = traitlets.Unicode("search").tag(sync=True)
    clicked: traitlets.List[int] = traitlets.List().tag(sync=True)

    def show(self, frame: pd.DataFrame) -> None:
        """Fill the table with a frame that has a `feature` and every column shown."""
        keys = ["feature", *(column["key"] for column in self.columns)]
        self.rows = frame[list(dict.fromkeys(keys))].to_dict("records")  # type: ignore[assignment]

    def on_choice(self, react: Callable[[int], None]) -> None:
        """Call `react` with the feature of each row clicked."""
        self.observe(lambda change: react(change["new"][0]), names="clicked")
