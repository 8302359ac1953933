"""The map of all features: click one to open its page."""

import ipywidgets as widgets

from plmscope.dashboard.state import Selection
from plmscope.dashboard.widgets.drawing import FeatureDrawing
from plmscope.features import MAP_MEASURES, feature_map_svg


class FeatureMap:
    """A scatter of all living features, bound to the selection.

    Args:
        selection: What a click changes.
    """

    def __init__(self, selection: Selection) -> None:
        self._selection = selection
        self._summary = widgets.HTML()
        self.measure = widgets.ToggleButtons(
            options=zip(("Fraction of residues", "Mean activation"), MAP_MEASURES, strict=True)
        )
        self.drawing = FeatureDrawing()
        self.widget = widgets.VBox([self._summary, self.measure, self.drawing]).add_class(
            "plmscope-page"
        )
        self.measure.observe(lambda _: self._draw(), names="value")
        self.drawing.on_choice(lambda feature: setattr(selection, "feature", feature))
        selection.observe(lambda _: self._draw(), names="data")
        self._draw()

    def _draw(self) -> None:
        data = self._selection.data
        n_alive = int((data.statistics["n_residues_active"] > 0).sum())
        self._summary.value = (
            f"<h2>All features <small>{n_alive:,} of {len(data.statistics):,} are active; "
            f"{len(data.names):,} are named (blue). Click one to open it.</small></h2>"
        )
        self.drawing.svg = feature_map_svg(data.statistics, data.names, self.measure.value)
