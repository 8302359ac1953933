"""What the report says of probes, ablation and steering, once these have run."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from plmscope.concepts.plots import as_text
from plmscope.concepts.scoring.best_pairs import GOOD_F1
from plmscope.features.drawing.colours import ANNOTATION_COLOURS
from plmscope.features.ladder import count_rungs
from plmscope.features.report.charts import FAINT, LAYOUT

_WAYS = {
    "ceiling": "probe on all activations",
    "features_20": "probe on 20 features",
    "features_5": "probe on 5 features",
    "features_2": "probe on 2 features",
    "features_1": "probe on 1 feature",
    "best_feature": "best feature",
    "best_neuron": "best neuron",
    "random_split": "probe, random split",
}
_VERDICTS = ("whole", "split", "missed", "not found")
_DRAWN = ("ceiling", "features_20", "best_feature", "best_neuron")
_PIXELS_OF_ROW = 22


def ceiling_rows(probe_report: pd.DataFrame) -> list[dict[str, Any]]:
    """How many concepts each way finds, one row a way; none before the probes have run.

    Args:
        probe_report: See `plmscope.probes.report_probes`.
    """
    counted = probe_report[probe_report["counted"].astype(bool)]
    return [
        {
            "name": shown,
            "n_concepts": len(counted),
            "n_found": int((counted[f"{way}_f1"] > GOOD_F1).sum()),
            "mean_f1": float(counted[f"{way}_f1"].mean()),
            "mean_f1_per_residue": float(counted[f"{way}_f1_per_residue"].mean()),
        }
        for way, shown in _WAYS.items()
        if len(counted) and f"{way}_f1" in counted
    ]


def probed_concepts(probe_report: pd.DataFrame) -> list[dict[Hashable, Any]]:
    """The counted concepts, the best known by the PLM first.

    Args:
        probe_report: See `plmscope.probes.report_probes`.
    """
    counted = probe_report[probe_report["counted"].astype(bool)]
    return counted.sort_values("ceiling_f1", ascending=False).to_dict("records")


def verdict_counts(probe_report: pd.DataFrame) -> dict[str, int]:
    """How many counted concepts the SAE has whole, split, not at all."""
    counted = probe_report[probe_report["counted"].astype(bool)]
    counts = {verdict: int((counted["verdict"] == verdict).sum()) for verdict in _VERDICTS}
    return {verdict: n for verdict, n in counts.items() if n}


def rung_rows(ladder: pd.DataFrame) -> list[dict[Hashable, Any]]:
    """How many named features climb to each rung; none before it was climbed."""
    return count_rungs(ladder).to_dict("records") if len(ladder) else []


def known_charts(probe_report: pd.DataFrame, repeats: pd.DataFrame) -> dict[str, go.Figure]:
    """The figures of what has run, by name: "ceiling", "repeats".

    Args:
        probe_report: See `plmscope.probes.report_probes`.
        repeats: See `plmscope.steering.steer_repeats`.
    """
    figures = {}
    if len(probe_report):
        figures["ceiling"] = ceiling_chart(probe_report)
    if len(repeats):
        figures["repeats"] = repeats_chart(repeats)
    return figures


def ceiling_chart(probe_report: pd.DataFrame) -> go.Figure:
    """The F1 of each counted concept by probes, features and neurons, a row a concept."""
    rows = probe_report[probe_report["counted"].astype(bool)].sort_values("ceiling_f1")
    names = rows["concept"].map(as_text)
    figure = go.Figure(layout=LAYOUT)
    colours = [*ANNOTATION_COLOURS[: len(_DRAWN) - 1], FAINT]
    for way, colour in zip(_DRAWN, colours, strict=True):
        if f"{way}_f1" not in rows:
            continue
        figure.add_scatter(
            x=rows[f"{way}_f1"],
            y=names,
            mode="markers",
            name=_WAYS[way],
            marker={"size": 9, "color": colour, "opacity": 0.85},
            hovertemplate=f"%{{y}}<br>{_WAYS[way]}: %{{x:.2f}}<extra></extra>",
        )
    figure.update_layout(
        height=120 + _PIXELS_OF_ROW * len(rows),
        showlegend=True,
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom"},
        margin={"l": 10, "r": 16, "t": 40, "b": 48},
    )
    figure.update_xaxes(title="test F1", range=[-0.02, 1.02])
    return figure.update_yaxes(automargin=True, tickfont_size=11)


def repeats_chart(repeats: pd.DataFrame) -> go.Figure:
    """How the probability of glycine changes along the repeats at the highest dose, by kind."""
    highest = repeats[repeats["dose"] == repeats["dose"].max()]
    figure = go.Figure(layout=LAYOUT)
    colours = [*ANNOTATION_COLOURS, FAINT]
    for place, (kind, rows) in enumerate(highest.groupby("kind", sort=False)):
        mean = rows.groupby("offset")["change"].mean()
        figure.add_scatter(
            x=mean.index,
            y=mean,
            mode="lines+markers",
            name=str(kind),
            marker={"color": colours[place % len(colours)]},
            hovertemplate=f"{kind}<br>%{{x}} residues on: %{{y:+.3f}}<extra></extra>",
        )
    figure.update_layout(showlegend=True, legend={"orientation": "h", "y": -0.25})
    figure.update_xaxes(title="residues from the steered glycine", dtick=3)
    return figure.update_yaxes(title="change of P(glycine)")
