"""Somebody's protein, live: what the PLM sees in it, and what it predicts when it is steered."""

from __future__ import annotations

import base64
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING

import ipywidgets as widgets
import pandas as pd

from plmscope.dashboard.data.find import proteins_named
from plmscope.dashboard.data.models import load_models
from plmscope.dashboard.pages.page import empty, label, not_made
from plmscope.dashboard.state import Selection
from plmscope.errors import PlmscopeError
from plmscope.features import change_svg

if TYPE_CHECKING:
    from plmscope.explanation import Explanation

_N_MOVED = 10
_N_NAMED = 12


class ProteinPage:
    """A field for a sequence, an accession or a name, and what comes of it.

    Args:
        selection: The run, and what is asked about.
    """

    def __init__(self, selection: Selection) -> None:
        self._selection = selection
        self._shown: tuple[object, str] | None = None
        self._sequence = ""
        self.query = widgets.Textarea(
            placeholder="a sequence, FASTA, an accession, a gene or a protein's name",
            layout={"width": "100%", "height": "84px"},
        )
        self.ask = widgets.Button(description="Explain", button_style="primary")
        self.said, self.found = widgets.HTML(), widgets.HTML()
        self.features = widgets.HTML()
        self.feature = widgets.BoundedIntText(min=0, layout={"width": "110px"})
        self.positions = widgets.Text(placeholder="all, or 5 9-12", layout={"width": "140px"})
        self.dose = widgets.FloatSlider(
            min=0, max=2, step=0.25, value=1, continuous_update=False, layout={"width": "300px"}
        )
        self.steer = widgets.Button(description="Steer")
        self.steered = widgets.HTML()
        self._steering = widgets.VBox(
            [
                widgets.HTML(
                    "<h3>Steer it</h3><p>Clamps a feature to a fraction of its maximum inside the"
                    " PLM, the rest left as it is, and shows how the prediction of each residue"
                    " changes; the sequence is not masked here.</p>"
                ),
                widgets.HBox(
                    [
                        widgets.VBox([label("Feature"), self.feature]),
                        widgets.VBox([label("Residues"), self.positions]),
                        widgets.VBox([label("Fraction of its maximum"), self.dose]),
                        widgets.VBox([label("&nbsp;"), self.steer]),
                    ],
                    layout={"flex_flow": "row wrap", "grid_gap": "12px"},
                ),
                self.steered,
            ],
            layout={"display": "none"},
        )
        self.widget = widgets.VBox(
            [
                widgets.HTML("<h2>What does the PLM see in a protein?</h2>"),
                self.query,
                self.ask,
                self.said,
                self.found,
                self._steering,
            ]
        ).add_class("plmscope-page")
        self.ask.on_click(lambda _: self._ask())
        self.steer.on_click(lambda _: self._steer())
        self.dose.observe(lambda _: self._steer(), names="value")

    def show(self) -> None:
        """Explain what the selection asks about, if that is not on screen."""
        asked = (self._selection.data.run, self._selection.protein)
        self.feature.max = int(self._selection.data.statistics["feature"].max())
        self.feature.value = self._selection.feature
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
        self.found.value = self.steered.value = ""
        self._steering.layout.display = "none"

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
        found = _or_reason(lambda: self._explained(text))
        if isinstance(found, str):
            self._clear(found)
            return
        self.said.value = f"<p>{escape(found.in_words())} {_downloads(found)}</p>"
        self.found.value = found._repr_html_()
        if len(found.proteins) == 1:
            self._sequence = str(found.proteins["sequence"].iloc[0])
            self._steering.layout.display = "flex"

    def _explained(self, text: str) -> Explanation:
        from plmscope.explanation import explain

        atlas, plm = load_models(self._selection.data.run.path("atlas"))
        return explain(text, atlas, plm)

    def _steer(self) -> None:
        if not self._sequence or self._steering.layout.display == "none":
            return
        self.steered.value = "<p class='plmscope-busy'>Predicting…</p>"
        self.steered.value = str(_or_reason(self._steered_html))

    def _steered_html(self) -> str:
        from plmscope.steering import SteeringSettings, clamp, steer

        settings = SteeringSettings(
            feature=self.feature.value, positions=self.positions.value.strip() or None
        )
        atlas, plm = load_models(self._selection.data.run.path("atlas"))
        edit = clamp(self.feature.value, self.dose.value, settings.positions)
        steered = steer(plm, atlas.sae, self._sequence, [edit], masked=False)
        table = steered.to_table()
        rose = table.assign(rise=table["after"] - table["before"]).sort_values("rise")
        moved = rose.drop_duplicates("position", keep="last").nlargest(_N_MOVED, "change")
        edited = settings.positions or range(1, len(self._sequence) + 1)
        return change_svg(self._sequence, steered.change.tolist(), set(edited)) + _moved_html(moved)


def _or_reason(make: Callable[[], str | Explanation]) -> str | Explanation:
    """What is made, or why it cannot be."""
    try:
        return make()
    except (PlmscopeError, ValueError) as error:
        return empty(escape(str(error).splitlines()[0]))


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
    """Links that hold the tables themselves."""
    links = []
    for name in ("calls", "features", "nearest"):
        content = base64.b64encode(found.tables[name].to_csv(index=False).encode()).decode()
        links.append(f"<a download='{name}.csv' href='data:text/csv;base64,{content}'>{name}</a>")
    return f"Download: {', '.join(links)}."


def _moved_html(moved: pd.DataFrame) -> str:
    rows = "".join(
        f"<tr><td>{escape(str(row['residue']))}{row['position']}</td><td>{row['change']:.3f}</td>"
        f"<td>{row['amino_acid']}: {row['before']:.3f} to {row['after']:.3f}</td></tr>"
        for row in moved.to_dict("records")
    )
    return (
        "<table class='plain'><thead><tr><th>Residue</th><th>change (bits)</th>"
        f"<th>rose most</th></tr></thead><tbody>{rows}</tbody></table>"
    )
