"""The dashboard as one widget."""

from collections.abc import Callable
from html import escape
from pathlib import Path

import ipywidgets as widgets

from plmscope.dashboard.address import compose, parse
from plmscope.dashboard.data.root import VARIABLE, default_data_root
from plmscope.dashboard.data.run import DashboardData, Run, find_runs
from plmscope.dashboard.pages.controls import ControlsPage
from plmscope.dashboard.pages.feature import FeaturePage
from plmscope.dashboard.pages.find import FindPage
from plmscope.dashboard.pages.missing import MissingPage
from plmscope.dashboard.pages.overview import OverviewPage
from plmscope.dashboard.pages.page import Page
from plmscope.dashboard.pages.protein import ProteinPage
from plmscope.dashboard.pages.search import SearchPage
from plmscope.dashboard.server.connection import Connection
from plmscope.dashboard.state import VIEWS, Selection
from plmscope.dashboard.widgets.picker import Picker, first_feature
from plmscope.errors import PlmscopeError
from plmscope.features import STYLE

_LAYOUT = Path(__file__).with_name("style.css").read_text()
_PAGES: dict[str, Callable[[Selection], Page]] = {
    "overview": OverviewPage,
    "find": FindPage,
    "feature": FeaturePage,
    "protein": ProteinPage,
    "missing": MissingPage,
    "controls": ControlsPage,
    "search": SearchPage,
}


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
        page.children = [connection, _app_or_reason(data_root, connection)]

    connection.on_open(fill)
    return page


def build_app(
    data_root: Path | None = None, connection: Connection | None = None
) -> widgets.Widget:
    """The dashboard over every PLM layer reported under a data root.

    Args:
        data_root: The folder that holds 01_raw … 08_reporting, or the folders of environments that
            do; by default the environment's PLMSCOPE_DATA_ROOT, or the project's `data`.
        connection: The page's, whose address says what is on screen.

    Returns:
        A widget to display. Where nothing has been reported yet, it says what to run.

    Raises:
        DamagedFileError: A table that was reported cannot be read.
    """
    root = default_data_root() if data_root is None else data_root.resolve()
    runs = find_runs(root)
    body = _explorer(runs, connection or Connection()) if runs else _nothing_yet(root)
    return _frame(body)


def _app_or_reason(data_root: Path | None, connection: Connection) -> widgets.Widget:
    try:
        return build_app(data_root, connection)
    except PlmscopeError as error:
        return _frame(_message("The dashboard cannot be opened", escape(str(error))))


def _frame(body: widgets.Widget) -> widgets.Widget:
    style = widgets.HTML(f"<style>{STYLE}{_LAYOUT}</style>")
    header = widgets.HTML(
        "<div class='plmscope-header'><b>PLMscope</b>"
        "<span>what the features of a protein language model respond to</span></div>"
    )
    return widgets.VBox([style, header, body]).add_class("plmscope")


def _explorer(runs: list[Run], connection: Connection) -> widgets.Widget:
    """Sidebar and views over one selection, which the browser's address follows and changes."""
    data = DashboardData(runs[0])
    selection = Selection(data=data, feature=first_feature(data))
    notice = widgets.HTML()
    _go(selection, runs, connection.address, notice)
    picker = Picker(runs, selection)
    pages = {view: make(selection) for view, make in _PAGES.items()}
    views = list(pages)
    tabs = widgets.Tab([page.widget for page in pages.values()], titles=list(VIEWS.values()))

    def show(_: object = None) -> None:
        tabs.selected_index = views.index(selection.view)
        pages[selection.view].show()
        connection.address = compose(selection)

    def choose_view(change: dict[str, int]) -> None:
        selection.view = views[change["new"]]

    def follow(change: dict[str, str]) -> None:
        if change["new"] != compose(selection):
            _go(selection, runs, change["new"], notice)

    selection.observe(show)
    tabs.observe(choose_view, names="selected_index")
    connection.observe(follow, names="address")
    show()
    body = widgets.HBox([picker.widget, tabs]).add_class("plmscope-body")
    return widgets.VBox([notice, body])


def _go(selection: Selection, runs: list[Run], address: str, notice: widgets.HTML) -> None:
    """Show what an address says, and say what of it there is not."""
    place = parse(address, runs)
    with selection.hold_trait_notifications():
        if place.run is not None and place.run != selection.data.run:
            selection.data = DashboardData(place.run)
            selection.feature = first_feature(selection.data)
        unknown = place.unknown
        if place.feature is not None:
            if place.feature in selection.data.statistics.index:
                selection.feature = place.feature
            else:
                unknown = f"{unknown} There is no feature f/{place.feature}.".strip()
        if place.view is not None:
            selection.view = place.view
        selection.protein = place.protein or ""
    notice.value = (
        f"<p class='plmscope-note' role='status'>{escape(unknown)}</p>" if unknown else ""
    )


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
