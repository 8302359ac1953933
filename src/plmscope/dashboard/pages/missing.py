"""Annotations that may be missing, to look through and to open."""

from __future__ import annotations

from html import escape

import ipywidgets as widgets
import pandas as pd

from plmscope.dashboard.pages.page import label, not_made
from plmscope.dashboard.state import Selection
from plmscope.dashboard.widgets.table import FeatureTable
from plmscope.proteins.uniprot import is_accession

_ALL = "all concepts"
_COLUMNS = [
    {"key": "concept", "label": "Concept"},
    {"key": "accession", "label": "Protein", "width": "92px"},
    {"key": "protein_name", "label": "Name", "width": "24%"},
    {"key": "start", "label": "from", "digits": 0, "width": "56px"},
    {"key": "end", "label": "to", "digits": 0, "width": "56px"},
    {"key": "peak", "label": "peak", "digits": 2, "width": "56px"},
    {"key": "precision_low", "label": "at least", "digits": 2, "width": "68px"},
    {"key": "annotated_as", "label": "annotated as", "width": "18%"},
]


class MissingPage:
    """The table of `missing_annotations`; a click shows the row's protein.

    Args:
        selection: What a click changes.
    """

    def __init__(self, selection: Selection) -> None:
        self._selection = selection
        self._rows = pd.DataFrame()
        self._run: object = None
        self._accession = ""
        self.concept = widgets.Dropdown(options=[_ALL], layout={"width": "320px"})
        self.explained = widgets.Checkbox(
            description="also those that an overlapping annotation explains",
            indent=False,
            layout={"width": "auto"},
        )
        self.table = FeatureTable(
            columns=_COLUMNS,
            placeholder="words in any order",
            export_name="missing_annotations.csv",
        ).add_class("plmscope-wide")
        self.chosen = widgets.HTML()
        self.open = widgets.Button(description="Open the protein", disabled=True)
        self._body = widgets.VBox()
        self.widget = widgets.VBox(
            [widgets.HTML("<h2>Annotations that may be missing</h2>"), self._body]
        ).add_class("plmscope-page")
        self.concept.observe(lambda _: self._list(), names="value")
        self.explained.observe(lambda _: self._list(), names="value")
        self.table.on_choice(self._choose)
        self.open.on_click(lambda _: self._selection.open_protein(self._accession))

    def show(self) -> None:
        """Read the run's table, once."""
        data = self._selection.data
        if data.run == self._run:
            return
        self._run = data.run
        rows = data.later("missing_annotations")
        if rows is None:
            said = not_made("This run has no table of them.", "missing_annotations")
            self._body.children = [widgets.HTML(said)]
            return
        self._rows = rows.reset_index(drop=True)
        self.concept.options = [_ALL, *sorted(rows["concept"].unique())]
        self._body.children = [
            widgets.HTML(
                "<p>Calls on proteins without the annotation, those first that are right most often"
                " on held-out proteins (<i>at least</i>: the lower end of their precision). Click a"
                " row to open it.</p>"
            ),
            widgets.HBox(
                [widgets.VBox([label("Concept"), self.concept]), self.explained],
                layout={"flex_flow": "row wrap", "align_items": "flex-end", "grid_gap": "12px"},
            ),
            widgets.HBox([self.chosen, self.open], layout={"flex_flow": "row wrap"}),
            self.table,
        ]
        self._list()

    def _list(self) -> None:
        rows = self._rows
        if self.concept.value != _ALL:
            rows = rows[rows["concept"] == self.concept.value]
        if not self.explained.value:
            rows = rows[~rows["is_explained"].astype(bool)]
        self.table.show(rows.assign(feature=rows.index))

    def _choose(self, number: int) -> None:
        row = self._rows.loc[number]
        self._accession = str(row["accession"])
        self.table.selected = number
        self.open.disabled = False
        self.open.description = f"Open {self._accession}"
        name = escape(self._accession)
        link = (
            f"<a href='https://www.uniprot.org/uniprotkb/{name}' target='_blank'"
            f" rel='noopener noreferrer'>{name} at UniProt</a>"
            if is_accession(self._accession)
            else name
        )
        self.chosen.value = (
            f"<p>{escape(str(row['concept']))}, {row['start']}–{row['end']}, by f/{row['feature']}:"
            f" {link}</p>"
        )
