"""A protein with several features, annotations and its structure, drawn together."""

from __future__ import annotations

import csv
import io
import re
from html import escape
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
import traitlets

from plmscope.dashboard.data.models import activations_along, load_models
from plmscope.dashboard.data.structures import find_structure, place_upload
from plmscope.dashboard.pages.page import empty, label
from plmscope.dashboard.state import Selection
from plmscope.dashboard.widgets.drawing import FeatureDrawing
from plmscope.dashboard.widgets.tracks import Tracks
from plmscope.errors import PlmscopeError
from plmscope.features import ACTIVATION_COLOURS, ANNOTATION_COLOURS, level_of

if TYPE_CHECKING:
    from plmscope.dashboard.widgets.structure import StructureViewer
    from plmscope.explanation import Explanation

_N_FEATURES, _MOST_FEATURES = 5, 12
_MOST_TRACKS = 20
_MOST_BYTES = 1_000_000
"""Of a table of annotations."""
_OWN = "#b8860b"
_NO_FEATURE = -1
_NUMBER = re.compile(r"(?:f/)?(\d+)")


class DrawnProtein:
    """Tracks, and a structure beside them on the same colours.

    Args:
        selection: The run, and the feature that is on screen.
    """

    def __init__(self, selection: Selection) -> None:
        self._selection = selection
        self._accession, self._own_tracks = "", list[dict[str, Any]]()
        self._values: dict[int, list[list[float]]] = {}
        self.features = widgets.Text(
            placeholder="118 2255", layout={"width": "260px"}, continuous_update=False
        )
        self.own = widgets.FileUpload(
            accept=".csv,.tsv", description="Own annotations", layout={"width": "auto"}
        )
        self.upload = widgets.FileUpload(
            accept=".pdb,.ent,.cif,.mmcif,.gz",
            description="Own structure",
            layout={"width": "auto"},
        )
        self.stand_out = FeatureDrawing()
        self.tracks = Tracks()
        self.coloured_by = widgets.Dropdown(options=[("", _NO_FEATURE)], layout={"width": "260px"})
        self.sticks_above = widgets.FloatSlider(min=0, max=1, step=0.05, value=0.8)
        self.said = widgets.HTML()
        self._viewer: StructureViewer | None = None
        self._place = widgets.VBox()
        self.widget = widgets.VBox(
            [
                widgets.HTML("<h3>Features and annotations along it</h3>"),
                widgets.HBox(
                    [
                        widgets.VBox([label("Features (numbers)"), self.features]),
                        widgets.VBox([label("start, end, name"), self.own]),
                        widgets.VBox([label("PDB or mmCIF"), self.upload]),
                    ],
                    layout={"flex_flow": "row wrap", "grid_gap": "12px"},
                ),
                self.stand_out,
                self.said,
                self.tracks,
                self._place,
            ]
        )
        self.stand_out.on_choice(selection.open_feature)
        self.features.observe(lambda _: self._choose_features(), names="value")
        self.own.observe(lambda _: self._read_own(), names="value")
        self.upload.observe(lambda _: self._read_structure(), names="value")
        self.coloured_by.observe(lambda _: self._colour(), names="value")
        self.sticks_above.observe(lambda _: self._colour(), names="value")

    def draw(self, found: Explanation) -> None:
        """Show a protein that was explained.

        Args:
            found: Of one sequence.
        """
        (protein,) = found.proteins.to_dict("records")
        self._accession, self._own_tracks, self._values = str(protein["accession"]), [], {}
        self.said.value = ""
        self.tracks.lanes, self.tracks.tracks = [], []
        self.tracks.sequence = str(protein["sequence"])
        self.stand_out.svg = _stand_out_html(found)
        stand_out = found.features["feature"].head(_N_FEATURES).tolist()
        numbers = dict.fromkeys([*map(int, stand_out), self._selection.feature])
        self.features.value = " ".join(map(str, numbers))
        self._choose_features()
        self._draw_tracks()
        self._show_structure()

    def _choose_features(self) -> None:
        if not self.tracks.sequence:
            return
        numbers = [int(number) for number in _NUMBER.findall(self.features.value)]
        n = int(self._selection.data.statistics["feature"].max()) + 1
        known = [number for number in dict.fromkeys(numbers) if number < n][:_MOST_FEATURES]
        missing = [number for number in known if number not in self._values]
        if missing:
            atlas, plm = load_models(self._selection.data.run.path("atlas"))
            self._values |= activations_along(atlas, plm, self.tracks.sequence, missing)
        names = self._selection.data.names
        self.tracks.lanes = [
            {"name": f"f/{number} {names.get(number, '')}".strip(), "values": self._values[number]}
            for number in known
        ]
        chosen = self.coloured_by.value
        lanes = [str(lane["name"]) for lane in self.tracks.lanes]
        self.coloured_by.options = list(zip(lanes, known, strict=True)) or [("", _NO_FEATURE)]
        if chosen in known:
            self.coloured_by.value = chosen
        self._colour()

    def _draw_tracks(self) -> None:
        annotations = self._selection.data.annotations([self._accession])
        tracks = [
            {
                "name": str(concept),
                "colour": ANNOTATION_COLOURS[place % len(ANNOTATION_COLOURS)],
                "spans": rows[["start", "end"]].to_numpy().tolist(),
            }
            for place, (concept, rows) in enumerate(annotations.groupby("concept"))
            if not str(concept).endswith(": any")
        ]
        self.tracks.tracks = [*tracks[:_MOST_TRACKS], *self._own_tracks]

    def _read_own(self) -> None:
        for file in self.own.value:
            try:
                spans = read_spans(bytes(file["content"]), len(self.tracks.sequence))
            except ValueError as error:
                self.said.value = empty(f"{escape(file['name'])}: {escape(str(error))}")
                return
            self._own_tracks = [
                {"name": name, "colour": _OWN, "spans": own} for name, own in spans.items()
            ]
            self.said.value = ""
            self._draw_tracks()

    def _read_structure(self) -> None:
        for file in self.upload.value:
            try:
                placed = place_upload(file["name"], bytes(file["content"]), self.tracks.sequence)
            except PlmscopeError as error:
                self.said.value = empty(f"{escape(file['name'])}: {escape(str(error))}")
                return
            self.said.value = ""
            self._show(placed, file["name"])

    def _show_structure(self) -> None:
        """The run's own structure of the protein; why there is none."""
        from plmscope.structures import place_protein

        why_none = (
            "No structure of this protein: upload one, or put files into"
            " <code>01_raw/structures</code> and run <code>kedro run --pipelines structures</code>."
        )
        try:
            path = find_structure(self._selection.data.run, self._accession)
            if path is not None:
                self._show(place_protein(path, self.tracks.sequence), path.name)
                return
        except PlmscopeError as error:
            why_none = escape(str(error))
        self._place.children = [widgets.HTML(empty(why_none))]

    def _show(self, pdb: str, name: str) -> None:
        if self._viewer is None:
            from plmscope.dashboard.widgets.structure import StructureViewer  # half a megabyte

            self._viewer = StructureViewer()
            traitlets.link((self.tracks, "hovered"), (self._viewer, "hovered"))
        self._viewer.title = f"Structure {name}"
        self._viewer.pdb = pdb
        self._place.children = [
            widgets.HTML(f"<h3>In space <small>{escape(name)}</small></h3>"),
            widgets.HBox(
                [
                    widgets.VBox([label("Coloured by"), self.coloured_by]),
                    widgets.VBox([label("As sticks above"), self.sticks_above]),
                ],
                layout={"flex_flow": "row wrap", "grid_gap": "12px"},
            ),
            self._viewer,
        ]
        self._colour()

    def _colour(self) -> None:
        """On the common scale of activations, never the protein's own."""
        if self._viewer is None:
            return
        values = self._values.get(self.coloured_by.value, [])
        self._viewer.colours = [
            [int(place), ACTIVATION_COLOURS[level_of(value)]] for place, value in values
        ]
        self._viewer.sticks = [
            int(place) for place, value in values if value > self.sticks_above.value
        ]


def _stand_out_html(found: Explanation) -> str:
    """The most unusual features, each to be opened."""
    buttons = "".join(
        f"<button type='button' data-feature='{row['feature']}'>f/{row['feature']}"
        f" {escape(str(row['name']))}</button>"
        for row in found.features.to_dict("records")
    )
    return f"<p class='plmscope-links'>The most unusual first, open: {buttons}</p>"


def read_spans(content: bytes, length: int) -> dict[str, list[list[int]]]:
    """Spans from a table with the columns start, end and maybe name.

    Args:
        content: Of a CSV or TSV file.
        length: Of the protein.

    Returns:
        Start and end of each, by name.

    Raises:
        ValueError: Naming the row, or what is wrong with the file.
    """
    if len(content) > _MOST_BYTES:
        raise ValueError("it has more than 1 MB: give one protein's annotations")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError("it is no UTF-8 text") from error
    rows = csv.DictReader(io.StringIO(text), delimiter="\t" if "\t" in text else ",")
    if not {"start", "end"} <= set(rows.fieldnames or ()):
        raise ValueError("its first line has to name the columns start and end, and maybe name")
    spans: dict[str, list[list[int]]] = {}
    for number, row in enumerate(rows, start=2):
        span = _span(row, length)
        if span is None:
            raise ValueError(
                f"line {number}: start and end have to be residues 1 to {length}, but are"
                f" {str(row['start'])[:20]} and {str(row['end'])[:20]}"
            )
        spans.setdefault((row.get("name") or "own annotation")[:60], []).append(span)
    return spans


def _span(row: dict[str, str], length: int) -> list[int] | None:
    start, end = (str(row[name] or "").strip() for name in ("start", "end"))
    if not (start.isdecimal() and end.isdecimal()):
        return None
    return [int(start), int(end)] if 1 <= int(start) <= int(end) <= length else None
