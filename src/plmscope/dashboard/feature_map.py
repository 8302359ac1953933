"""The map of all features: click one to open its page."""

import ipywidgets as widgets
import plotly.graph_objects as go

from plmscope.dashboard.selection import Selection
from plmscope.features import feature_map

_MEASURES = {
    "Share of residues": ("share_when_present", "share of a protein's residues, where present"),
    "Mean activation": ("mean_when_active", "mean activation where active"),
}


class FeatureMap:
    """A scatter of all living features, bound to the selection.

    Args:
        selection: What a click changes.
    """

    def __init__(self, selection: Selection) -> None:
        self._selection = selection
        self._summary = widgets.HTML()
        self.measure = widgets.ToggleButtons(options=_MEASURES)
        self.figure = go.FigureWidget(self._drawn())
        for trace in self.figure.data:
            trace.on_click(self._choose)
        self.widget = widgets.VBox([self._summary, self.measure, self.figure]).add_class(
            "plmscope-page"
        )
        self.measure.observe(lambda _: self._redraw(), names="value")
        selection.observe(lambda _: self._redraw(), names="data")
        self._summarise()

    def _drawn(self) -> go.Figure:
        data = self._selection.data
        figure = feature_map(data.statistics, data.names, *self.measure.value)
        return figure.update_layout(width=960, height=560)

    def _redraw(self) -> None:
        drawn = self._drawn()
        with self.figure.batch_update():
            for old, new in zip(self.figure.data, drawn.data, strict=True):
                old.update(x=new.x, y=new.y, customdata=new.customdata, text=new.text)
            self.figure.layout.yaxis.title.text = drawn.layout.yaxis.title.text
        self._summarise()

    def _summarise(self) -> None:
        data = self._selection.data
        n_alive = int((data.statistics["n_residues_active"] > 0).sum())
        self._summary.value = (
            f"<h2>All features <small>{n_alive:,} of {len(data.statistics):,} are active; "
            f"{len(data.names):,} stand for a concept (blue). Click one to open it.</small></h2>"
        )

    def _choose(self, trace: go.Scatter, points: object, _state: object) -> None:
        for index in points.point_inds:  # type: ignore[attr-defined]
            self._selection.feature = int(trace.customdata[index])
