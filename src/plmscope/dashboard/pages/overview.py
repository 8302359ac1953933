"""The run at a glance: what it is, how good its SAE is, and all features on a map."""

from __future__ import annotations

import ipywidgets as widgets

from plmscope.dashboard.data.run import DashboardData
from plmscope.dashboard.pages.page import not_made
from plmscope.dashboard.state import Selection
from plmscope.dashboard.widgets.drawing import FeatureDrawing
from plmscope.features import (
    MAP_MEASURES,
    facts_html,
    family_map_svg,
    feature_map_svg,
    space_map_svg,
)

_FAMILIES, _SPACE = "families", "space"
_MEASURES = [
    ("Decoder directions", _FAMILIES),
    ("Chain against space", _SPACE),
    ("Fraction of residues", MAP_MEASURES[0]),
    ("Mean activation", MAP_MEASURES[1]),
]
_NAMED_COLOUR = "Blue features are named."
_FAMILY_COLOURS = (
    "Features of one family are of one colour, grey ones are in none; named features are larger."
)


class OverviewPage:
    """Facts, and a map of all living features on which one can be clicked.

    Args:
        selection: What a click changes.
    """

    def __init__(self, selection: Selection) -> None:
        self._selection = selection
        self._facts = widgets.HTML()
        self.measure = widgets.ToggleButtons(options=_MEASURES, style={"button_width": "160px"})
        self._colours = widgets.HTML()
        self.drawing = FeatureDrawing(zoomable=True)
        self.widget = widgets.VBox(
            [self._facts, self.measure, self._colours, self.drawing]
        ).add_class("plmscope-page")
        self.measure.observe(lambda _: self.show(), names="value")
        self.drawing.on_choice(selection.open_feature)

    def show(self) -> None:
        """Draw the facts and the map."""
        data = self._selection.data
        self._facts.value = _facts(data)
        of_families = self.measure.value == _FAMILIES
        self._colours.value = f"<p>{_FAMILY_COLOURS if of_families else _NAMED_COLOUR}</p>"
        self.drawing.svg = self._map(data)

    def _map(self, data: DashboardData) -> str:
        chosen = self._selection.feature
        if self.measure.value == _SPACE:
            tests = data.later("structure_tests")
            if tests is None or tests.empty:
                why = "No feature was tested in enough structures."
                return not_made(why, "structure_tests")
            return space_map_svg(tests, data.names, chosen)
        if self.measure.value != _FAMILIES:
            return feature_map_svg(data.statistics, data.names, self.measure.value, chosen=chosen)
        if data.features is None or "x" not in data.features:
            return not_made("The map of decoder directions was not made.", "feature_table")
        return family_map_svg(data.features.loc[data.listed.index], data.names, chosen)


def _facts(data: DashboardData) -> str:
    n_alive = int((data.statistics["n_residues_active"] > 0).sum())
    facts = {
        "features active": f"{n_alive:,} of {len(data.statistics):,}",
        "features named": f"{len(data.names):,}",
        "concepts searched for": str(data.concepts["concept"].nunique()),
    }
    if data.sae_evaluation is not None:
        test = data.sae_evaluation["test"]
        facts["of variance unexplained (test)"] = f"{test['fvu']:.1%}"
        facts["features active per residue (test)"] = f"{test['l0_mean']:.1f}"
        masked = test.get("fidelity_masked")
        if masked and masked["loss_recovered"] is not None:
            facts["of masked loss recovered (test)"] = f"{masked['loss_recovered']:.1%}"
    return (
        f"<h2>{data.run} <small>click a feature to open it; the ring marks the one on"
        f" screen</small></h2>{facts_html(facts)}"
    )
