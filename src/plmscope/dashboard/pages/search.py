"""The page of the search for SAE settings: what was chosen and why, the trials, the plots."""

from typing import Any

import ipywidgets as widgets

from plmscope.dashboard.data.run import DashboardData, Run
from plmscope.dashboard.state import Selection
from plmscope.features import SEARCH_PLOTS, search_html


class SearchPage:
    """A page that stays empty until it is shown: most visits are for the features.

    Args:
        selection: The run.
    """

    def __init__(self, selection: Selection) -> None:
        self._selection = selection
        self._run: Run | None = None
        self.widget = widgets.VBox().add_class("plmscope-page")

    def show(self) -> None:
        """Show the search of the run."""
        data = self._selection.data
        if data.run != self._run:
            self.widget.children = _content(data)
            self._run = data.run


def _content(data: DashboardData) -> list[widgets.Widget]:
    title = widgets.HTML("<h2>Search for SAE settings</h2>")
    trials = data.search_trials
    if trials is None:
        return [title, widgets.HTML("<p>No search was recorded for this run.</p>")]
    summary = widgets.HTML(search_html(trials, data.sae_config), tabbable=True).add_class(
        "plmscope-scroller"
    )
    if trials.empty:
        return [title, summary]
    plots = [
        child
        for name, figure in data.search_plots.items()
        for child in (_plot(figure), widgets.HTML(f"<p>{SEARCH_PLOTS[name]}</p>"))
    ]
    return [title, summary, *plots]


def _plot(figure: dict[str, Any]) -> widgets.Output:
    """A figure that the browser draws with plotly's lab extension, which Voilà serves itself."""
    output = {
        "output_type": "display_data",
        "data": {"application/vnd.plotly.v1+json": figure},
        "metadata": {},
    }
    return widgets.Output(outputs=[output])
