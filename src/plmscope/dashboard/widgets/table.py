"""A table that can be searched, sorted, exported and clicked."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
import numpy as np
import pandas as pd
import traitlets


class FeatureTable(anywidget.AnyWidget):
    """Rows, each with a number that a click chooses: a feature's, or the row's own.

    Attributes:
        columns: What to show of each row: `key`, `label`, for numbers `digits`, maybe `width`.
        filters: Of what a value can be chosen, to see its rows alone: `key` and `label` of each.
        grouped_by: The key whose values rows can be listed below; "" for none.
        rows: The rows, each with a `feature`.
        selected: The feature whose rows are marked.
        placeholder: What the search field says while it is empty.
        export_name: The file in which what is shown can be saved; "" for none.
        clicked: Feature and time of the last click, set by the browser.
    """

    _esm = Path(__file__).with_name("table.js")

    columns: traitlets.List[dict[str, Any]] = traitlets.List().tag(sync=True)
    filters: traitlets.List[dict[str, Any]] = traitlets.List().tag(sync=True)
    grouped_by = traitlets.Unicode("").tag(sync=True)
    rows: traitlets.List[dict[str, Any]] = traitlets.List().tag(sync=True)
    selected = traitlets.Int(-1).tag(sync=True)
    placeholder = traitlets.Unicode("search").tag(sync=True)
    export_name = traitlets.Unicode("").tag(sync=True)
    clicked: traitlets.List[int] = traitlets.List().tag(sync=True)

    def show(self, frame: pd.DataFrame) -> None:
        """Fill the table with a frame that has a `feature` and every column shown."""
        keys = ["feature", *(column["key"] for column in [*self.columns, *self.filters])]
        shown = frame[list(dict.fromkeys(keys))].astype(object)
        rows = shown.where(shown.notna() & (shown != np.inf), None)
        self.rows = rows.to_dict("records")  # type: ignore[assignment]

    def on_choice(self, react: Callable[[int], None]) -> None:
        """Call `react` with the feature of each row clicked."""
        self.observe(lambda change: react(change["new"][0]), names="clicked")
