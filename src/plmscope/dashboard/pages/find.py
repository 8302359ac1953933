"""All features in one table, and those that a motif or a protein leads to."""

from __future__ import annotations

from html import escape

import ipywidgets as widgets
import pandas as pd

from plmscope.dashboard.data.find import features_of_motif, features_of_proteins
from plmscope.dashboard.data.run import Run
from plmscope.dashboard.pages.page import label
from plmscope.dashboard.state import Selection
from plmscope.dashboard.widgets.table import FeatureTable
from plmscope.errors import PlmscopeError

_COLUMNS = [
    {"key": "feature", "label": "f/", "digits": 0, "width": "64px"},
    {"key": "name", "label": "Name"},
    {"key": "pattern", "label": "Pattern", "width": "120px"},
    {"key": "motif", "label": "Motif", "width": "20%"},
    {"key": "family", "label": "Family", "width": "14%"},
    {"key": "test_f1", "label": "F1", "digits": 2, "width": "56px"},
    {"key": "proteins", "label": "Proteins", "digits": 3, "width": "76px"},
    {"key": "found", "label": "Found", "width": "14%"},
]
_FILTERS = [
    {"key": "category", "label": "Category"},
    {"key": "family", "label": "Family"},
    {"key": "pattern", "label": "Pattern"},
]


class FindPage:
    """The table of all living features.

    Args:
        selection: What a click changes.
    """

    def __init__(self, selection: Selection) -> None:
        self._selection = selection
        self.motif = widgets.Text(
            placeholder="C-x(2,4)-C", layout={"width": "240px"}, continuous_update=False
        )
        self.protein = widgets.Text(
            placeholder="P04637, TP53, zinc finger",
            layout={"width": "260px"},
            continuous_update=False,
        )
        self.everything = widgets.Button(description="All features", layout={"width": "auto"})
        self.said = widgets.HTML()
        self.table = FeatureTable(
            columns=_COLUMNS,
            filters=_FILTERS,
            grouped_by="name",
            placeholder="words in any order: domain kinase",
            export_name="features.csv",
        ).add_class("plmscope-wide")
        self.widget = widgets.VBox(
            [
                widgets.HTML("<h2>Find features</h2>"),
                widgets.HBox(
                    [
                        widgets.VBox([label("Motif, in PROSITE's notation"), self.motif]),
                        widgets.VBox([label("Accession, gene or protein name"), self.protein]),
                        widgets.VBox([label("&nbsp;"), self.everything]),
                    ],
                    layout={"flex_flow": "row wrap", "grid_gap": "12px"},
                ),
                self.said,
                self.table,
            ]
        ).add_class("plmscope-page")
        self._run: Run | None = None
        self.motif.observe(lambda change: self._find_motif(change["new"]), names="value")
        self.protein.observe(lambda change: self._find_protein(change["new"]), names="value")
        self.everything.on_click(lambda _: self._find_everything())
        self.table.on_choice(selection.open_feature)

    def show(self) -> None:
        """List all features of the run, once."""
        self.table.selected = self._selection.feature
        if self._run != self._selection.data.run:
            self._find_everything()

    def _find_everything(self) -> None:
        for field in (self.motif, self.protein):
            field.value = ""
        self._list(None, "")

    def _find_motif(self, pattern: str) -> None:
        if not pattern.strip():
            return
        self.protein.value = ""
        try:
            found = features_of_motif(self._selection.data, pattern)
        except PlmscopeError as error:
            self.said.value = f"<p class='plmscope-empty'>{escape(str(error))}</p>"
            return
        self._list(found, f"The pattern is in windows of {len(found):,} features.")

    def _find_protein(self, words: str) -> None:
        if not words.strip():
            return
        self.motif.value = ""
        found, n_proteins = features_of_proteins(self._selection.data, words)
        self._list(found, f"{n_proteins:,} proteins; examples of {len(found):,} features.")

    def _list(self, found: pd.Series | None, said: str) -> None:
        data = self._selection.data
        self.said.value = f"<p>{escape(said)}</p>" if said else ""
        self.table.show(_rows(data.listed, found))
        self._run = data.run


def _rows(listed: pd.DataFrame, found: pd.Series | None) -> pd.DataFrame:
    """All features, or those found in their order, each with what led to it."""
    if found is None:
        return listed.assign(found="")
    return listed.loc[found.index].assign(found=found)
