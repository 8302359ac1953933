"""The sidebar: choose a run, and a feature by number, by chance or by concept."""

import random

import ipywidgets as widgets

from plmscope.concepts.amino_acids import without_amino_acids
from plmscope.dashboard.data.run import DashboardData, Run
from plmscope.dashboard.state import Selection
from plmscope.dashboard.widgets.table import FeatureTable

_COLUMNS = [
    {"key": "concept", "label": "Concept"},
    {"key": "feature", "label": "f/", "digits": 0, "width": "54px"},
    {"key": "test_f1", "label": "F1", "digits": 2},
    {"key": "test_f1_per_residue", "label": "res.", "digits": 2},
]


class Picker:
    """The sidebar's widgets, bound to the selection.

    Args:
        runs: The runs to choose from.
        selection: What the choice changes.
    """

    def __init__(self, runs: list[Run], selection: Selection) -> None:
        self._selection = selection
        self._random = random.Random()
        self.run = widgets.Dropdown(
            options=[(str(run), run) for run in runs], value=selection.data.run
        )
        self.number = widgets.BoundedIntText(min=0, layout={"width": "110px"})
        self.chance = widgets.Button(
            description="Random named feature", layout={"flex": "1 1 auto", "width": "auto"}
        )
        self.concepts = FeatureTable(columns=_COLUMNS, placeholder="search a concept or feature")
        self.widget = widgets.VBox(
            [
                _label("PLM, layer and SAE"),
                self.run,
                _label("Feature number"),
                widgets.HBox([self.number, self.chance]),
                _label("Concepts, features, test F1 (res.: by residue)"),
                self.concepts,
            ]
        ).add_class("plmscope-sidebar")
        self.run.observe(self._choose_run, names="value")
        self.number.observe(self._choose_number, names="value")
        self.chance.on_click(lambda _: self._choose(self._random_feature()))
        self.concepts.on_choice(self._choose)
        selection.observe(lambda _: self._show_run(), names="data")
        selection.observe(lambda _: self._show_feature(), names="feature")
        self._show_run()
        self._show_feature()

    def _choose(self, feature: int) -> None:
        self._selection.open_feature(feature)

    def _choose_number(self, change: dict[str, int]) -> None:
        if change["new"] != self._selection.feature:  # or it only follows
            self._selection.open_feature(change["new"])

    def _choose_run(self, change: dict[str, Run]) -> None:
        data = DashboardData(change["new"])
        with self._selection.hold_trait_notifications():
            self._selection.data = data
            self._selection.feature = first_feature(data)

    def _random_feature(self) -> int:
        """A named feature other than the one on screen, or any living one where none is named."""
        data = self._selection.data
        alive = data.statistics.loc[data.statistics["n_residues_active"] > 0, "feature"]
        named = data.named_features["feature"]
        others = set(named if len(named) else alive) - {self._selection.feature}
        return self._random.choice(sorted(others) or [self._selection.feature])

    def _show_run(self) -> None:
        data = self._selection.data
        with self.number.hold_trait_notifications():  # or the new bound would choose a feature
            self.number.max = int(data.statistics["feature"].max())
            self.number.value = self._selection.feature
        self.concepts.show(data.concepts)

    def _show_feature(self) -> None:
        self.number.value = self.concepts.selected = self._selection.feature


def first_feature(data: DashboardData) -> int:
    """The feature to open with: the best on valid that an annotated concept names, or the most
    widely active.
    """
    named = without_amino_acids(data.named_features)
    if len(named):
        return int(named["feature"].iloc[0])
    by_proteins = data.statistics.sort_values("n_proteins_active", ascending=False, kind="stable")
    return int(by_proteins["feature"].iloc[0])


def _label(text: str) -> widgets.HTML:
    return widgets.HTML(f"<div class='plmscope-label'>{text}</div>")
