"""The dashboard as one widget."""

from html import escape
from pathlib import Path

import ipywidgets as widgets

from plmscope.dashboard.data.root import VARIABLE, default_data_root
from plmscope.dashboard.data.run import DashboardData, Run, find_runs
from plmscope.dashboard.pages.feature import FeaturePage
from plmscope.dashboard.pages.feature_map import FeatureMap
from plmscope.dashboard.pages.search import SearchPage
from plmscope.dashboard.server.connection import Connection
from plmscope.dashboard.state import Selection
from plmscope.dashboard.widgets.picker import Picker, first_feature
from plmscope.errors import PlmscopeError
from plmscope.features import STYLE

_LAYOUT = Path(__file__).with_name("style.css").read_text()
_FEATURE_TAB, _SEARCH_TAB = 0, 2


def open_app(data_root: Path | None = None) -> widgets.Widget:
    """The dashboard for a page: built when a browser shows it, over what there is then.

    Voilà runs the notebook of the next visit ahead, at a time when its data may not exist yet.

    Args:
        data_root: As in `build_app`.

    Returns:
        A widget to display, empty until it is.
    """
    connection = Connection()
    page = widgets.VBox([connection])

    def fill() -> None:
        page.children = [connection, _app_or_reason(data_root)]

    connection.on_open(fill)
    return page


def build_app(data_root: Path | None = None) -> widgets.Widget:
    """The dashboard over every PLM layer reported under a data root.

    Args:
        data_root: The folder that holds 01_raw … 08_reporting, or the folders of environments that
            do; by default the environment's PLMSCOPE_DATA_ROOT, or the project's `data`.

    Returns:
        A widget to display. Where nothing has been reported yet, it says what to run.

    Raises:
        DamagedFileError: A table that was reported cannot be read.
    """
    root = default_data_root() if data_root is None else data_root.resolve()
    runs = find_runs(root)
    return _frame(_explorer(runs) if runs else _nothing_yet(root))


def _app_or_reason(data_root: Path | None) -> widgets.Widget:
    try:
        return build_app(data_root)
    except PlmscopeError as error:
        return _frame(_message("The dashboard cannot be opened", escape(str(error))))


def _frame(body: widgets.Widget) -> widgets.Widget:
    style = widgets.HTML(f"<style>{STYLE}{_LAYOUT}</style>")
    header = widgets.HTML(
        "<div class='plmscope-header'><b>PLMscope</b>"
        "<span>what the features of a protein language model respond to</span></div>"
    )
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
    folder = f"<code>{escape(str(root))}</code>"
    found = f"No reported features were found under {folder}."
    return _message(
        "Nothing to show yet",
        found if root.is_dir() else f"There is no folder {folder}.",
        "Run <code>make run</code> in the project folder, or name another data root in "
        f"<code>{VARIABLE}</code> and start the dashboard again; then reload this page.",
    )


def _message(title: str, *paragraphs: str) -> widgets.Widget:
    text = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return widgets.HTML(f"<div class='plmscope-message'><h2>{title}</h2>{text}</div>")
