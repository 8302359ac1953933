"""One run on screen: the sidebar and the views over one selection."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets as widgets

from plmscope.dashboard.data.run import Run
from plmscope.dashboard.pages.controls import ControlsPage
from plmscope.dashboard.pages.feature import FeaturePage
from plmscope.dashboard.pages.find import FindPage
from plmscope.dashboard.pages.missing import MissingPage
from plmscope.dashboard.pages.overview import OverviewPage
from plmscope.dashboard.pages.page import Page
from plmscope.dashboard.pages.protein import ProteinPage
from plmscope.dashboard.pages.search import SearchPage
from plmscope.dashboard.state import VIEWS, Selection
from plmscope.dashboard.widgets.picker import Picker

_PAGES: dict[str, Callable[[Selection], Page]] = {
    "overview": OverviewPage,
    "find": FindPage,
    "feature": FeaturePage,
    "protein": ProteinPage,
    "missing": MissingPage,
    "controls": ControlsPage,
    "search": SearchPage,
}


class Explorer:
    """The sidebar and the views; a view is drawn when it is opened.

    Args:
        runs: To choose from.
        selection: What is looked at, here and in every view.
    """

    def __init__(self, runs: list[Run], selection: Selection) -> None:
        self.selection = selection
        self._pages = {view: make(selection) for view, make in _PAGES.items()}
        self._views = list(self._pages)
        self._tabs = widgets.Tab(
            [page.widget for page in self._pages.values()], titles=list(VIEWS.values())
        )
        picker = Picker(runs, selection)
        self.widget = widgets.HBox([picker.widget, self._tabs]).add_class("plmscope-body")
        selection.observe(lambda _: self._show())
        self._tabs.observe(self._choose_view, names="selected_index")
        self._show()

    def _show(self) -> None:
        view = self.selection.view
        self._tabs.selected_index = self._views.index(view)
        self._pages[view].show()

    def _choose_view(self, change: dict[str, int]) -> None:
        self.selection.view = self._views[change["new"]]
