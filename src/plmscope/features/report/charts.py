"""The plotly figures that the report and the dashboard show."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from plmscope.concepts.plots import as_text
from plmscope.features.drawing.colours import ANNOTATION_COLOURS

ACCENT, FAINT = ANNOTATION_COLOURS[0], "#b8c2ca"

LAYOUT = {
    "template": "plotly_white",
    "font": {"family": "system-ui, sans-serif", "size": 12, "color": "#26323d"},
    "margin": {"l": 60, "r": 16, "t": 16, "b": 48},
    "height": 340,
    "showlegend": False,
}


def f1_against_control(control_report: pd.DataFrame, control: str) -> go.Figure:
    """Each concept's test F1 with the SAE (up) against a control (right).

    Args:
        control_report: Best pair per control and concept; the counted ones are drawn.
        control: The control on the x axis, such as "raw_neurons".
    """
    wide = (
        control_report[control_report["counted"]]
        .pivot_table(index="concept", columns="control", values="test_f1", fill_value=0.0)
        .reindex(columns=["sae", control], fill_value=0.0)
    )
    concepts = go.Scatter(
        x=wide[control],
        y=wide["sae"],
        text=wide.index.map(as_text),
        mode="markers",
        marker={
            "size": 9,
            "color": ACCENT,
            "opacity": 0.75,
            "line": {"width": 1, "color": "white"},
        },
        hovertemplate="%{text}<br>SAE %{y:.2f}, control %{x:.2f}<extra></extra>",
    )
    equal = go.Scatter(
        x=[0, 1], y=[0, 1], mode="lines", line={"color": FAINT, "dash": "dot"}, hoverinfo="skip"
    )
    figure = go.Figure([equal, concepts], LAYOUT)
    figure.update_xaxes(title=f"test F1, {control.replace('_', ' ')}", range=[-0.02, 1.02])
    figure.update_yaxes(title="test F1, SAE", range=[-0.02, 1.02])
    return figure


def feature_density(statistics: pd.DataFrame) -> go.Figure:
    """How many features fire at which fraction of residues, on a logarithmic axis.

    Args:
        statistics: `feature_statistics`.
    """
    alive = statistics.loc[statistics["n_residues_active"] > 0, "fraction_of_residues"]
    counts, edges = np.histogram(np.log10(alive), bins=40)
    bars = go.Bar(
        x=10 ** ((edges[:-1] + edges[1:]) / 2),
        y=counts,
        width=10 ** edges[1:] - 10 ** edges[:-1],
        marker={"color": ACCENT},
        hovertemplate="%{x:.2%} of residues: %{y} features<extra></extra>",
    )
    figure = go.Figure(bars, LAYOUT)
    figure.update_xaxes(title="fraction of residues where a feature is active", type="log")
    figure.update_xaxes(tickformat=".2~%", dtick=1)
    figure.update_yaxes(title="features")
    return figure


def family_map(feature_table: pd.DataFrame) -> go.Figure:
    """The features on the map of their decoder directions, coloured by the category of their name.

    Args:
        feature_table: feature, x, y, name, category, pattern, family_name.
    """
    on_map = feature_table[feature_table["x"].notna()]
    category = on_map["category"].where(on_map["name"] != "", "no name")
    order = [name for name in category.value_counts().index if name != "no name"]
    points = []
    for name in ["no name", *order]:
        rows = on_map[category == name]
        texts = (
            "f/"
            + rows["feature"].astype(str)
            + ": "
            + rows["name"].map(as_text).where(rows["name"] != "", rows["pattern"])
        )
        points.append(
            go.Scatter(
                x=rows["x"].round(2),
                y=rows["y"].round(2),
                text=texts,
                name=as_text(name),
                mode="markers",
                marker={"size": 5, "opacity": 0.8}
                | ({"color": FAINT} if name == "no name" else {}),
                hovertemplate="%{text}<extra></extra>",
            )
        )
    figure = go.Figure(points, LAYOUT | {"showlegend": True, "height": 520})
    figure.update_layout(legend={"orientation": "h", "y": -0.02, "yanchor": "top"})
    figure.update_xaxes(visible=False)
    return figure.update_yaxes(visible=False, scaleanchor="x")


def agreement_bars(agreement: pd.DataFrame) -> go.Figure:
    """How often named neighbours share a concept, in each space, beside shuffled names.

    Args:
        agreement: `map_agreement`.
    """
    bars = []
    for names, colour in (("as found", ACCENT), ("shuffled", FAINT)):
        rows = agreement[agreement["names"] == names]
        bars.append(
            go.Bar(
                x=rows["space"],
                y=rows["share"],
                name=f"names {names}",
                marker={"color": colour},
                error_y={
                    "array": rows["high"] - rows["share"],
                    "arrayminus": rows["share"] - rows["low"],
                    "type": "data",
                },
                hovertemplate="%{x}: %{y:.2f}<extra></extra>",
            )
        )
    figure = go.Figure(bars, LAYOUT | {"showlegend": True})
    figure.update_layout(legend={"orientation": "h", "y": 1.12})
    return figure.update_yaxes(title="named neighbours with the same concept", range=[0, 1])


def ends_chart(ends: pd.DataFrame) -> go.Figure:
    """Features active at a residue, by its distance from either end.

    Args:
        ends: `end_effects`.
    """
    lines = [
        go.Scatter(
            x=rows["distance"],
            y=rows["l0"],
            name=f"{end} terminus",
            mode="lines",
            line={"color": colour},
            hovertemplate="%{x} residues from the end: %{y:.1f}<extra></extra>",
        )
        for (end, rows), colour in zip(
            ends.groupby("end", sort=False), ANNOTATION_COLOURS, strict=False
        )
    ]
    figure = go.Figure(lines, LAYOUT | {"showlegend": True})
    figure.update_layout(legend={"orientation": "h", "y": 1.12})
    figure.update_xaxes(title="residues from the end")
    return figure.update_yaxes(title="features active (L0)", rangemode="tozero")
