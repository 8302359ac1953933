"""The page of one feature: statistics, concepts, example proteins."""

from html import escape
from typing import Any

import ipywidgets as widgets
import pandas as pd

from plmscope.dashboard.state import Selection
from plmscope.features import (
    StaleExamplesError,
    annotated_concepts,
    colour_key_svg,
    facts_html,
    histogram_svg,
    pairs_html,
    proteins_html,
)

_N_CONCEPTS = 5
_TOP, _CORPUS = ("top", None), ("corpus", None)


class FeaturePage:
    """The widgets of the feature page, bound to the selection.

    Args:
        selection: The feature to show.
    """

    def __init__(self, selection: Selection) -> None:
        self._selection = selection
        self._examples = pd.DataFrame()
        self._title = widgets.HTML()
        self._concepts = widgets.HTML(layout={"flex": "1 1 auto"})
        self._histogram = widgets.HTML(layout={"flex": "0 0 340px"})
        self.range = widgets.ToggleButtons(options=[("Top", _TOP)], style={"button_width": "82px"})
        self.n_proteins = widgets.BoundedIntText(
            value=5, min=1, max=50, description="proteins", layout={"width": "150px"}
        )
        self.proteins = widgets.HTML()
        self.widget = widgets.VBox(
            [
                self._title,
                # Where both have no room beside each other, the histogram goes below.
                widgets.HBox([self._concepts, self._histogram], layout={"flex_flow": "row wrap"}),
                widgets.HTML("<h3>Example proteins, by the feature's highest activation</h3>"),
                widgets.HBox([self.range, self.n_proteins, widgets.HTML(colour_key_svg())]),
                self.proteins,
            ]
        ).add_class("plmscope-page")
        self.range.observe(lambda _: self._show_proteins(), names="value")
        self.n_proteins.observe(lambda _: self._show_proteins(), names="value")
        selection.observe(lambda _: self._show_feature())
        self._show_feature()

    def _show_feature(self) -> None:
        data, feature = self._selection.data, self._selection.feature
        row = data.statistic(feature)
        pairs = data.pairs_of(feature).head(_N_CONCEPTS)
        self._title.value = _title(row, data.names.get(feature), data.descriptions.get(feature, ""))
        self._concepts.value = (
            _empty("No concept reaches a valid F1 of 0.1 with this feature.")
            if pairs.empty
            else pairs_html(pairs)
        )
        self._histogram.value = histogram_svg(row["histogram"].tolist())
        self._examples = data.examples(feature)
        self._show_ranges()

    def _show_ranges(self) -> None:
        """Offer the groups that hold examples, and go back to the top proteins."""
        groups = self._examples[["kind", "range_low", "range_high"]].drop_duplicates()
        ranges = groups[groups["kind"] == "range"].sort_values("range_low", ascending=False)
        corpus = [("Corpus", _CORPUS)] if (groups["kind"] == "corpus").any() else []
        self.range.options = [("Top", _TOP), *corpus] + [
            (f"{low:g} – {high:g}", (kind, low))
            for kind, low, high in ranges.itertuples(index=False)
        ]
        self.range.index = 0
        self._show_proteins()

    def _show_proteins(self) -> None:
        kind, low = self.range.value
        shown = self._examples[self._examples["kind"] == kind]
        if low is not None:
            shown = shown[shown["range_low"] == low]
        if shown.empty:
            self.proteins.value = _empty("Nothing to show: this feature never fires.")
            return
        try:
            self.proteins.value = self._draw(shown.head(self.n_proteins.value))
        except StaleExamplesError as error:
            self.proteins.value = _empty(escape(str(error)))

    def _draw(self, examples: pd.DataFrame) -> str:
        data, accessions = self._selection.data, examples["accession"]
        return proteins_html(
            examples,
            data.proteins(accessions),
            data.annotations(accessions),
            annotated_concepts(data.pairs_of(self._selection.feature)),
        )


def _title(row: dict[str, Any], name: str | None, description: str) -> str:
    if row["n_residues_active"] == 0:
        return f"<h2>f/{row['feature']} <small>never active in these proteins</small></h2>"
    subtitle = escape(name) if name else "no concept passes F1 0.5 on valid and test"
    facts = facts_html(
        {
            "highest activation": f"{row['max_activation']:.2f}",
            "mean where active": f"{row['mean_when_active']:.2f}",
            "of all residues": f"{row['fraction_of_residues']:.2%}",
            "of all proteins": f"{row['fraction_of_proteins']:.1%}",
            "of a protein's residues, where present": f"{row['fraction_when_present']:.1%}",
        }
    )
    sentence = f"<p class='plmscope-description'>{escape(description)}</p>" if description else ""
    return f"<h2>f/{row['feature']} <small>{subtitle}</small></h2>{sentence}{facts}"


def _empty(text: str) -> str:
    return f"<p class='plmscope-empty'>{text}</p>"
