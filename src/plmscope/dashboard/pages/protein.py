"""Somebody's protein, live: what the PLM sees in it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import ipywidgets as widgets
import pandas as pd

from plmscope.dashboard.data.find import proteins_named
from plmscope.dashboard.data.models import load_models
from plmscope.dashboard.pages.drawn_protein import DrawnProtein
from plmscope.dashboard.pages.page import download_link, empty, not_made
from plmscope.dashboard.pages.steering import SteeringPanel
from plmscope.dashboard.state import Selection
from plmscope.errors import PlmscopeError

if TYPE_CHECKING:
    from plmscope.explanation import Explanation

_N_NAMED = 12


class ProteinPage:
    """A field for a sequence, an accession or a name, and what comes of it.

    Args:
        selection: The run, and what is asked about.
    """

    def __init__(self, selection: Selection) -> None:
        self._selection = selection
        self._shown: tuple[object, str] | None = None
        self.query = widgets.Textarea(
            placeholder="a sequence, FASTA, an accession, a gene or a protein's name",
            layout={"width": "100%", "height": "84px"},
        )
        self.ask = widgets.Button(description="Explain", button_style="primary")
        self.said, self.found = widgets.HTML(), widgets.HTML()
        self.drawn = DrawnProtein(selection)
        self.steering = SteeringPanel(selection)
        self.widget = widgets.VBox(
            [
                widgets.HTML("<h2>What does the PLM see in a protein?</h2>"),
                self.query,
                self.ask,
                self.said,
                self.drawn.widget,
                self.steering.widget,
                self.found,
            ]
        ).add_class("plmscope-page")
        self.ask.on_click(lambda _: self._ask())
        self._clear("")

    def show(self) -> None:
        """Explain what the selection asks about, if that is not on screen."""
        asked = (self._selection.data.run, self._selection.protein)
        self.steering.show()
        if asked == self._shown:
            return
        self._shown = asked
        self.query.value = self._selection.protein
        if self._selection.protein:
            self._explain(self._selection.protein)
        else:
            self._clear("")

    def _ask(self) -> None:
        text = self.query.value.strip()
        if text == self._selection.protein:
            self._explain(text)
        self._selection.protein = text

    def _clear(self, said: str) -> None:
        self.said.value = said
        self.found.value = ""
        for panel in (self.drawn.widget, self.steering.widget):
            panel.layout.display = "none"

    def _explain(self, text: str) -> None:
        data = self._selection.data
        if not data.run.path("atlas").is_dir():
            self._clear(not_made("This run has no atlas, which explaining needs.", "atlas"))
            return
        named = proteins_named(data, text)
        if len(named) == 1:
            text = str(named["accession"].iloc[0])
        elif len(named) > 1:
            self._clear(_which(named))
            return
        self._clear("<p class='plmscope-busy'>Embedding and reading the features…</p>")
        try:
            found = self._explained(text)
        except PlmscopeError as error:
            self._clear(empty(escape(str(error))))
            return
        self.said.value = f"<p>{escape(found.in_words())} {_downloads(found)}</p>"
        self.found.value = found._repr_html_()
        if len(found.proteins) == 1:
            self.drawn.draw(found)
            self.steering.sequence = str(found.proteins["sequence"].iloc[0])
            for panel in (self.drawn.widget, self.steering.widget):
                panel.layout.display = "flex"

    def _explained(self, text: str) -> Explanation:
        from plmscope.explanation import explain

        atlas, plm = load_models(self._selection.data.run.path("atlas"))
        return explain(text, atlas, plm)


def _which(named: pd.DataFrame) -> str:
    shown = named.head(_N_NAMED)
    rows = "".join(
        f"<li><b>{escape(str(row['accession']))}</b> {escape(str(row['protein_name']))}</li>"
        for row in shown.to_dict("records")
    )
    more = f"<li>and {len(named) - len(shown)} more</li>" if len(named) > len(shown) else ""
    said = f"{len(named)} proteins are named so. Give the accession of one:"
    return f"<p>{said}</p><ul>{rows}{more}</ul>"


def _downloads(found: Explanation) -> str:
    links = [download_link(found.tables[name], name) for name in ("calls", "features", "nearest")]
    return f"Download: {', '.join(links)}."
