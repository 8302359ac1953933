"""The page of one feature: statistics, concepts, example proteins."""

from html import escape
from typing import Any

import ipywidgets as widgets
import numpy as np
import pandas as pd

from plmscope.dashboard.data.run import DashboardData
from plmscope.dashboard.state import Selection
from plmscope.dashboard.widgets.drawing import FeatureDrawing
from plmscope.features import (
    StaleExamplesError,
    aligned_proteins_html,
    annotated_concepts,
    colour_key_svg,
    facts_html,
    histogram_svg,
    motif_logo,
    pairs_html,
    proteins_html,
)

_N_NEIGHBOURS = 6
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
        self._motif = widgets.HTML()
        self._neighbours = FeatureDrawing()
        self._concepts = widgets.HTML(layout={"flex": "1 1 520px"}, tabbable=True).add_class(
            "plmscope-scroller"
        )
        self._histogram = widgets.HTML(layout={"flex": "0 1 340px"})
        self.range = widgets.ToggleButtons(options=[("Top", _TOP)], style={"button_width": "82px"})
        self.n_proteins = widgets.BoundedIntText(
            value=5, min=1, max=50, description="proteins", layout={"width": "150px"}
        )
        self.aligned = widgets.Checkbox(description="aligned at the peak", indent=False)
        self.proteins = widgets.HTML(tabbable=True).add_class("plmscope-scroller")
        self.widget = widgets.VBox(
            [
                self._title,
                # Where both have no room beside each other, the histogram goes below.
                self._motif,
                widgets.HBox([self._concepts, self._histogram], layout={"flex_flow": "row wrap"}),
                self._neighbours,
                widgets.HTML("<h3>Example proteins, by the feature's highest activation</h3>"),
                widgets.HBox(
                    [self.range, self.n_proteins, self.aligned, widgets.HTML(colour_key_svg())],
                    layout={"flex_flow": "row wrap", "align_items": "center"},
                ),
                self.proteins,
            ]
        ).add_class("plmscope-page")
        self.range.observe(lambda _: self._show_proteins(), names="value")
        for control in (self.n_proteins, self.aligned):
            control.observe(lambda _: self._show_proteins(), names="value")
        self._neighbours.on_choice(selection.open_feature)
        self._shown: tuple[object, int] | None = None

    def show(self) -> None:
        """Draw the feature, if it is not on screen."""
        data, feature = self._selection.data, self._selection.feature
        if self._shown == (data.run, feature):
            return
        self._shown = (data.run, feature)
        row, known = data.statistic(feature), data.known_of(feature)
        pairs = data.pairs_of(feature)
        self._title.value = _title(row, data.names.get(feature), known)
        self._motif.value = _motif_html(data, feature)
        self._neighbours.svg = _neighbours_html(known, data.names)
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
        n_asked, n_kept = self.n_proteins.value, len(shown)
        kept = f"No more than {n_kept} are kept of this group: reporting.n_top, n_per_range."
        try:
            drawn = self._draw(shown.head(n_asked))
            self.proteins.value = drawn + (_empty(kept) if n_asked > n_kept else "")
        except StaleExamplesError as error:
            self.proteins.value = _empty(escape(str(error)))

    def _draw(self, examples: pd.DataFrame) -> str:
        data, accessions = self._selection.data, examples["accession"]
        draw = aligned_proteins_html if self.aligned.value else proteins_html
        return draw(
            examples,
            data.proteins(accessions),
            data.annotations(accessions),
            annotated_concepts(data.pairs_of(self._selection.feature)),
        )


def _title(row: dict[str, Any], name: str | None, known: dict[str, Any]) -> str:
    if row["n_residues_active"] == 0:
        return f"<h2>f/{row['feature']} <small>never active in these proteins</small></h2>"
    subtitle = escape(name) if name else "no concept passes F1 0.5 on valid and test"
    facts = {
        "highest activation": f"{row['max_activation']:.2f}",
        "mean where active": f"{row['mean_when_active']:.2f}",
        "of all residues": f"{row['fraction_of_residues']:.2%}",
        "of all proteins": f"{row['fraction_of_proteins']:.1%}",
        "of a protein's residues, where present": f"{row['fraction_when_present']:.1%}",
    } | _more_facts(known)
    description = escape(str(known.get("description", "")))
    sentence = f"<p class='plmscope-description'>{description}</p>" if description else ""
    return f"<h2>f/{row['feature']} <small>{subtitle}</small></h2>{sentence}{facts_html(facts)}"


def _more_facts(known: dict[str, Any]) -> dict[str, str]:
    """Interval and q of the name, and the causal effect, where they are known."""
    facts = {}
    if pd.notna(known.get("test_f1_low", np.nan)):
        facts["95 % interval of the test F1"] = (
            f"{known['test_f1_low']:.2f} – {known['test_f1_high']:.2f}"
        )
        facts["q-value"] = f"{known['q_value']:.2g}"
    if known.get("rung"):
        facts["of 5 rungs climbed"] = str(int(known["rung"]))
    if pd.notna(known.get("effect", np.nan)):
        facts["loss without it (nats)"] = f"{known['effect']:+.3f}"
    return facts


def _motif_html(data: DashboardData, feature: int) -> str:
    """The pattern and the logo of a feature; why it has none."""
    motifs = data.later("feature_motifs", ("feature", "==", feature))
    if motifs is None or motifs.empty:
        return ""
    motif = {str(name): value for name, value in motifs.iloc[0].items()}
    logo = motif_logo(motif, data.background)
    pattern = f"<code>{escape(motif['motif'])}</code>" if motif["motif"] else ""
    why = f"<p class='plmscope-empty'>No motif: {escape(motif['why_none'])}.</p>"
    return f"<h3>Motif {pattern}</h3>{logo}{'' if motif['motif'] else why}"


def _neighbours_html(known: dict[str, Any], names: pd.Series) -> str:
    """Family, and the features next to this one, each to be clicked."""
    if "near" not in known:
        return ""
    parts = []
    for title, numbers, values in (
        ("Nearest decoder directions (cosine)", known["near"], known["near_cosine"]),
        ("Active together (correlation)", known["co_active"], known["co_activation"]),
    ):
        items = "".join(
            f"<li><button type='button' data-feature='{number}'>f/{number}</button>"
            f" {escape(str(names.get(number, '')))} <span>{value:.2f}</span></li>"
            for number, value in zip(numbers[:_N_NEIGHBOURS], values[:_N_NEIGHBOURS], strict=True)
        )
        parts.append(f"<div><h4>{title}</h4><ul>{items}</ul></div>")
    family = [
        f"{kind} {known[kind]}: {escape(str(known[f'{kind}_name']))}"
        for kind in ("family", "module")
        if known[kind] >= 0
    ]
    said = f"<p>{'; '.join(family)}</p>" if family else ""
    return f"<h3>Families and neighbours</h3>{said}<div class='plmscope-two'>{''.join(parts)}</div>"


def _empty(text: str) -> str:
    return f"<p class='plmscope-empty'>{text}</p>"
