"""The dashboard as one widget."""

from html import escape
from pathlib import Path

import ipywidgets as widgets

from plmscope.dashboard.address import Place, compose, parse
from plmscope.dashboard.data.root import VARIABLE, default_data_root
from plmscope.dashboard.data.run import DashboardData, Run, find_runs
from plmscope.dashboard.explorer import Explorer
from plmscope.dashboard.server.connection import Connection
from plmscope.dashboard.state import Selection
from plmscope.dashboard.widgets.picker import first_feature
from plmscope.errors import PlmscopeError
from plmscope.features import STYLE

_LAYOUT = Path(__file__).with_name("style.css").read_text()


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
    if not runs:
        return _frame(_nothing_yet(root))
    return _frame(_Desk(runs, connection or Connection()).widget)


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


_NO_RUN = "no other run"


class _Desk:
    """A run, maybe another beside it, and the address that says what is on screen.

    Args:
        runs: Those that there are.
        connection: The page's.
    """

    def __init__(self, runs: list[Run], connection: Connection) -> None:
        self._runs, self._connection = runs, connection
        self._notice = widgets.HTML()
        self._first = Selection(data=DashboardData(runs[0]))
        self._first.feature = first_feature(self._first.data)
        self._second: Selection | None = None
        options = [(_NO_RUN, _NO_RUN), *((str(run), run) for run in runs)]
        self.beside = widgets.Dropdown(options=options, value=_NO_RUN, layout={"width": "320px"})
        self._beside_it = widgets.HBox([widgets.HTML("Beside it:"), self.beside]).add_class(
            "plmscope-beside"
        )
        self._runs_shown = widgets.HBox().add_class("plmscope-runs")
        self.widget = widgets.VBox([self._notice, self._beside_it, self._runs_shown])
        self._explorers: list[Explorer] = []
        self.beside.observe(lambda change: self._put_beside(change["new"]), names="value")
        self._go(connection.address)
        self._first.observe(lambda _: self._tell())  # before a view takes its time
        self._explorers.insert(0, Explorer(runs, self._first))
        self._arrange()
        connection.observe(self._follow, names="address")
        self._tell()

    def _tell(self) -> None:
        self._connection.address = compose(self._first, self._second)

    def _follow(self, change: dict[str, str]) -> None:
        if change["new"] != compose(self._first, self._second):
            self._go(change["new"])

    def _put_beside(self, run: Run | str) -> None:
        """Show another run beside the first one, or take it away."""
        kept = [each for each in self._explorers if each.selection is self._first]
        self._second = None
        if isinstance(run, Run):
            data = DashboardData(run)
            self._second = Selection(data=data, feature=first_feature(data), view=self._first.view)
            self._second.observe(lambda _: self._tell())
            kept.append(Explorer(self._runs, self._second))
        self._explorers = kept
        self._arrange()
        self._tell()

    def _arrange(self) -> None:
        self._runs_shown.children = [explorer.widget for explorer in self._explorers]
        if self._second is None:
            self._runs_shown.remove_class("plmscope-compared")
        else:
            self._runs_shown.add_class("plmscope-compared")

    def _go(self, address: str) -> None:
        """Show what an address says, and say what of it there is not."""
        place = parse(address, self._runs)
        unknown = [place.unknown, *_put(self._first, place)]
        if place.beside is not None and self.beside.value != place.beside:
            self.beside.value = place.beside
        elif place.beside is None:
            self.beside.value = _NO_RUN
        if self._second is not None and place.beside_feature is not None:
            here = place._replace(run=None, feature=place.beside_feature, protein=None)
            unknown += _put(self._second, here)
        said = " ".join(filter(None, unknown))
        self._notice.value = (
            f"<p class='plmscope-note' role='status'>{escape(said)}</p>" if said else ""
        )


def _put(selection: Selection, place: Place) -> list[str]:
    """Let a selection be what an address says; what of it there is not."""
    unknown = []
    with selection.hold_trait_notifications():
        if place.run is not None and place.run != selection.data.run:
            selection.data = DashboardData(place.run)
            selection.feature = first_feature(selection.data)
        if place.feature is not None:
            if place.feature in selection.data.statistics.index:
                selection.feature = place.feature
            else:
                unknown.append(f"There is no feature f/{place.feature}.")
        if place.view is not None:
            selection.view = place.view
        if place.protein is not None or place.run is not None:
            selection.protein = place.protein or ""
    return unknown


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
