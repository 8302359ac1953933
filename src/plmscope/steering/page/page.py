"""What steering did to one sequence, as one self-contained page."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pandas as pd
import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from plmscope.features import STYLE, page_templates
from plmscope.features.drawing.colours import ANNOTATION_COLOURS
from plmscope.features.report.charts import FAINT, LAYOUT
from plmscope.steering.dose import FEATURE, OTHER_FEATURE, RANDOM_DIRECTION
from plmscope.steering.settings import SteeringSettings

N_ROWS = 20
"""Residues in the table."""

_COLOURS = {FEATURE: ANNOTATION_COLOURS[0], OTHER_FEATURE: ANNOTATION_COLOURS[1],
            RANDOM_DIRECTION: FAINT}  # fmt: skip
_TEMPLATES = page_templates(Path(__file__).with_name("templates"))


class SteeredFeature(NamedTuple):
    """What the page says of the feature and the sequence.

    Attributes:
        sequence_name: Of the sequence.
        name: The feature's name; "" if it has none.
        description: Its sentence.
        plm_id: The PLM.
        layer: Where it was edited.
    """

    sequence_name: str
    name: str
    description: str
    plm_id: str
    layer: int


def render_steering(
    responses: pd.DataFrame, about: SteeredFeature, settings: SteeringSettings
) -> str:
    """Show how predictions answer to the dose of a feature.

    Args:
        responses: See `dose_response`.
        about: The feature, the sequence, the PLM.
        settings: By which they were made.

    Returns:
        HTML that needs no other file and no network.
    """
    highest = max(settings.doses, key=abs)
    at_highest = responses[responses["dose"] == highest]
    of_feature = at_highest[at_highest["kind"] == FEATURE]
    edited = set(settings.positions or of_feature["position"])
    figures = {
        "doses": _dose_chart(responses, edited),
        "sequence": _sequence_chart(at_highest, edited),
    }
    moved = of_feature.sort_values("change", ascending=False).head(N_ROWS)
    return _TEMPLATES.get_template("page.html").render(
        style=STYLE,
        plotly_js=get_plotlyjs(),
        about=about,
        settings=settings,
        n_residues=len(of_feature),
        highest=highest,
        edited=_in_ranges(sorted(edited)) if settings.positions else "all",
        charts={
            name: figure.to_html(
                full_html=False,
                include_plotlyjs=False,
                config={"displayModeBar": False},
                div_id=f"chart-{name}",
            )
            for name, figure in figures.items()
        },
        moved=moved.to_dict("records"),
        edited_positions=edited,
        control_changes=_control_changes(at_highest),
    )


def _dose_chart(responses: pd.DataFrame, edited: set[int]) -> go.Figure:
    """The mean change of the edited residues by dose, one line a feature or control."""
    figure = go.Figure(layout=LAYOUT)
    there = responses[responses["position"].isin(edited)]
    seen: set[str] = set()
    for (kind, number), rows in there.groupby(["kind", "number"], sort=False):
        mean = rows.groupby("dose")["change"].mean()
        name = f"f/{number}" if kind == FEATURE else f"{kind}s"
        figure.add_scatter(
            x=mean.index,
            y=mean,
            mode="lines+markers",
            name=name,
            legendgroup=kind,
            showlegend=kind not in seen,
            line={"color": _COLOURS[str(kind)], "width": 3 if kind == FEATURE else 1.5},
            hovertemplate=f"{_label(str(kind), str(number))}<br>dose %{{x}}: %{{y:.3f}} bits"
            "<extra></extra>",
        )
        seen.add(str(kind))
    figure.update_layout(showlegend=True, legend={"orientation": "h", "y": -0.25})
    figure.update_xaxes(title="dose (fraction of the feature's maximum)")
    return figure.update_yaxes(title="change at the edited residues (bits)", rangemode="tozero")


def _sequence_chart(at_highest: pd.DataFrame, edited: set[int]) -> go.Figure:
    """The change at every residue, the feature beside the mean of each kind of control."""
    figure = go.Figure(layout=LAYOUT)
    for kind, rows in at_highest.groupby("kind", sort=False):
        by_position = rows.groupby("position")
        mean = by_position["change"].mean()
        residues = by_position["residue"].first()
        figure.add_scatter(
            x=mean.index,
            y=mean,
            mode="lines",
            name=str(kind) if kind == FEATURE else f"{kind}s, mean",
            line={"color": _COLOURS[str(kind)], "width": 2 if kind == FEATURE else 1.2},
            customdata=residues,
            hovertemplate=f"{kind}<br>%{{customdata}}%{{x}}: %{{y:.3f}} bits<extra></extra>",
        )
    own = at_highest[(at_highest["kind"] == FEATURE) & at_highest["position"].isin(edited)]
    if len(own) < len(at_highest["position"].unique()):
        figure.add_scatter(
            x=own["position"],
            y=[0.0] * len(own),
            mode="markers",
            name="edited",
            marker={"symbol": "triangle-up", "size": 9, "color": ANNOTATION_COLOURS[0]},
            hovertemplate="edited: %{x}<extra></extra>",
        )
    figure.update_layout(showlegend=True, legend={"orientation": "h", "y": -0.25})
    figure.update_xaxes(title="residue")
    return figure.update_yaxes(title="change (bits)", rangemode="tozero")


def _control_changes(at_highest: pd.DataFrame) -> dict[int, float]:
    """The highest mean change of a kind of control at each residue."""
    controls = at_highest[at_highest["kind"] != FEATURE]
    by_kind = controls.groupby(["position", "kind"], as_index=False)["change"].mean()
    highest = by_kind.groupby("position")["change"].max()
    return dict(zip(highest.index.tolist(), highest.tolist(), strict=True))


def _label(kind: str, number: str) -> str:
    return f"{kind} {number}" if kind == RANDOM_DIRECTION else f"{kind} f/{number}"


def _in_ranges(positions: list[int]) -> str:
    """Positions in words: "3, 7–9"."""
    ranges: list[list[int]] = []
    for place in positions:
        if ranges and place == ranges[-1][1] + 1:
            ranges[-1][1] = place
        else:
            ranges.append([place, place])
    return ", ".join(str(low) if low == high else f"{low}–{high}" for low, high in ranges)
