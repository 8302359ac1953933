"""A protein with a feature clamped inside the PLM: what is predicted then, live."""

from __future__ import annotations

from html import escape

import ipywidgets as widgets
import pandas as pd

from plmscope.dashboard.data.models import load_models
from plmscope.dashboard.pages.page import download_link, empty, label
from plmscope.dashboard.state import Selection
from plmscope.errors import PlmscopeError
from plmscope.features import change_svg

_N_MOVED = 10


class SteeringPanel:
    """A feature, residues and a slider; below them how the predictions change.

    Args:
        selection: The run, and the feature that is on screen.

    Attributes:
        sequence: What is steered.
    """

    def __init__(self, selection: Selection) -> None:
        self._selection = selection
        self.sequence = ""
        self.feature = widgets.BoundedIntText(min=0, layout={"width": "110px"})
        self.positions = widgets.Text(placeholder="all, or 5 9-12", layout={"width": "140px"})
        self.dose = widgets.FloatSlider(
            min=0, max=2, step=0.25, value=1, continuous_update=False, layout={"width": "300px"}
        )
        self.steer = widgets.Button(description="Steer")
        self.steered = widgets.HTML()
        self.widget = widgets.VBox(
            [
                widgets.HTML(
                    "<h3>Steer it</h3><p>Clamps a feature to a fraction of its maximum inside the"
                    " PLM, the rest left as it is, and shows how the prediction of each residue"
                    " changes; the sequence is not masked here.</p>"
                ),
                widgets.HBox(
                    [
                        widgets.VBox([label("Feature"), self.feature]),
                        widgets.VBox([label("Residues"), self.positions]),
                        widgets.VBox([label("Fraction of its maximum"), self.dose]),
                        widgets.VBox([label("&nbsp;"), self.steer]),
                    ],
                    layout={"flex_flow": "row wrap", "grid_gap": "12px"},
                ),
                self.steered,
            ]
        )
        self.steer.on_click(lambda _: self._steer())
        self.dose.observe(lambda _: self._steer(), names="value")

    def show(self) -> None:
        """Offer the feature that is on screen."""
        self.feature.max = int(self._selection.data.statistics["feature"].max())
        self.feature.value = self._selection.feature

    def _steer(self) -> None:
        if not self.sequence:
            return
        self.steered.value = "<p class='plmscope-busy'>Predicting…</p>"
        try:
            self.steered.value = self._html()
        except (PlmscopeError, ValueError) as error:  # or residues that are none
            self.steered.value = empty(escape(str(error).splitlines()[0]))

    def _html(self) -> str:
        from plmscope.steering import SteeringSettings, clamp, steer

        settings = SteeringSettings.model_validate(
            {"feature": self.feature.value, "positions": self.positions.value.strip() or None}
        )
        atlas, plm = load_models(self._selection.data.run.path("atlas"))
        edit = clamp(self.feature.value, self.dose.value, settings.positions)
        steered = steer(plm, atlas.sae, self.sequence, [edit], masked=False)
        table = steered.to_table()
        rose = table.assign(rise=table["after"] - table["before"]).sort_values("rise")
        moved = rose.drop_duplicates("position", keep="last").nlargest(_N_MOVED, "change")
        edited = settings.positions or range(1, len(self.sequence) + 1)
        drawing = change_svg(self.sequence, steered.change.tolist(), set(edited))
        link = download_link(table, f"steering_by_{self.feature.value}")
        return f"{drawing}{_moved_html(moved)}<p>Download: {link}.</p>"


def _moved_html(moved: pd.DataFrame) -> str:
    rows = "".join(
        f"<tr><td>{escape(str(row['residue']))}{row['position']}</td><td>{row['change']:.3f}</td>"
        f"<td>{row['amino_acid']}: {row['before']:.3f} to {row['after']:.3f}</td></tr>"
        for row in moved.to_dict("records")
    )
    return (
        "<table class='plain'><thead><tr><th>Residue</th><th>change (bits)</th>"
        f"<th>rose most</th></tr></thead><tbody>{rows}</tbody></table>"
    )
