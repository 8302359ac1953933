"""The dashboard as one widget."""

import os
from html import escape
from pathlib import Path

import ipywidgets as widgets

from plmscope.dashboard.data import DashboardData, Run, find_runs
from plmscope.dashboard.feature_map import FeatureMap
from plmscope.dashboard.feature_page import FeaturePage
from plmscope.dashboard.picker import Picker, first_feature
from plmscope.dashboard.search_page import SearchPage
from plmscope.dashboard.selection import Selection
from plmscope.features import STYLE

_LAYOUT = Path(__file__).with_name("style.css").read_text()
_FEATURE_TAB, _SEARCH_TAB = 0, 2


def build_app(data_root: Path | None = None) -> widgets.Widget:
    """The dashboard over every PLM layer reported under a data root.

    Args:
        data_root: The folder that holds 01_raw … 08_reporting; by default the environment's
            PLMSCOPE_DATA_ROOT, or `data` beside the notebook's folder.

    Returns:
        A widget to display. Where nothing has been reported yet, it says what to run.
    """
    root = data_root or Path(os.environ.get("PLMSCOPE_DATA_ROOT", "../data"))
    style = widgets.HTML(f"<style>{STYLE}{_LAYOUT}</style>")
    header = widgets.HTML(
        "<div class='plmscope-header'><b>PLMscope</b>"
        "<span>what the features of a protein language model respond to</span></div>"
    )
    runs = find_runs(root)
    body = _explorer(runs) if runs else _nothing_yet(root)
    return widgets.VBox([style, header, body]).add_class("plmscope")


def _explorer(runs: list[Run]) -> widgets.Widget:
    data = DashboardData(runs[0])
    selection = Selection(data=data, feature=first_feature(data))
    picker, page, search = Picker(runs, selection), FeaturePage(selection), SearchPage()
    tabs = widgets.Tab(
        [page.widget, FeatureMap(selection).widget, search.widget],
        titles=["Feature", "All features", "Search"],
    )

    def show_search_if_open(_: object) -> None:
        if tabs.selected_index == _SEARCH_TAB:
            search.show(selection.data)

    selection.observe(lambda _: setattr(tabs, "selected_index", _FEATURE_TAB), names="feature")
    selection.observe(show_search_if_open, names="data")
    tabs.observe(show_search_if_open, names="selected_index")
    return widgets.HBox([picker.widget, tabs]).add_class("plmscope-body")


def _nothing_yet(root: Path) -> widgets.Widget:
    return widgets.HTML(
        "<div class='plmscope-nothing'><h2>Nothing to show yet</h2>"
        f"<p>No reported features were found under <code>{escape(str(root.resolve()))}</code>.</p>"
        "<p>Run <code>make run</code> in the project folder, then reload this page.</p></div>"
    )
