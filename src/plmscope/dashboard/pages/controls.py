"""The SAE beside its controls."""

from __future__ import annotations

import ipywidgets as widgets
import pandas as pd

from plmscope.concepts.scoring.headline import count_found_by_bound, summarise
from plmscope.dashboard.pages.page import not_made
from plmscope.dashboard.state import Selection
from plmscope.features import controls_html

_NAMES = {"sae": "SAE", "pca": "PCA"}


class ControlsPage:
    """How many concepts the SAE finds, and how many each control does.

    Args:
        selection: The run.
    """

    def __init__(self, selection: Selection) -> None:
        self._selection = selection
        self._table = widgets.HTML(tabbable=True).add_class("plmscope-scroller")
        self.widget = widgets.VBox([self._table]).add_class("plmscope-page")

    def show(self) -> None:
        """Add up the best pairs of each control."""
        data = self._selection.data
        title = "<h2>Controls <small>the best feature of each concept, on test</small></h2>"
        report, full = data.later("control_report"), data.later("full_control_report")
        if report is None:
            self._table.value = title + not_made("This run has no controls.", "control_report")
            return
        further = "A random PLM and shuffled sequences are further controls."
        more = not_made(further, "full_control_report") if full is None else ""
        self._table.value = title + controls_html(_rows(report if full is None else full)) + more


def _rows(report: pd.DataFrame) -> list[dict[str, object]]:
    return [
        {"name": _NAMES.get(str(control), str(control).replace("_", " "))}
        | summarise(rows)
        | {"n_found_by_bound": count_found_by_bound(rows)}
        for control, rows in report.groupby("control", sort=False)
    ]
