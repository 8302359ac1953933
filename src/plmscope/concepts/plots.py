"""The figures of a concept analysis: the best pairs that headlines count."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from plmscope.concepts.metrics import measure
from plmscope.concepts.scoring.best_pairs import GOOD_F1

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from plmscope.concepts.counting.counts import OverlapCounts

LAYOUT = {"template": "plotly_white", "height": 480}


def as_text(name: str) -> str:
    """A name from data for a plotly figure, which takes <b>, <a href> and the like for markup.

    Quotation marks stay as they are: plotly does not turn their entities back.
    """
    return escape(name, quote=False)


def plot_controls(control_report: pd.DataFrame) -> Figure:
    """Test F1 of each concept's best pair, for the SAE and for each control."""
    import plotly.graph_objects as go

    counted = control_report[control_report["counted"]]
    boxes = [
        go.Box(
            y=rows["test_f1"],
            text=rows["concept"].map(as_text),
            name=str(control).replace("_", " "),
            boxpoints="all",
            hovertemplate="%{text}: %{y:.2f}<extra></extra>",
        )
        for control, rows in counted.groupby("control", sort=False)
    ]
    layout = go.Layout(**LAYOUT, title="Best pair of each concept", showlegend=False)
    return go.Figure(boxes, layout).update_yaxes(title="test F1", range=[-0.02, 1.02])


def plot_categories(concept_report: pd.DataFrame) -> Figure:
    """How many concepts of each category are found, and how many are not."""
    import plotly.graph_objects as go

    counted = concept_report[concept_report["counted"]]
    outcome = np.where(counted["test_f1"] > GOOD_F1, f"test F1 > {GOOD_F1}", "less")
    counts = pd.crosstab(counted["category"].map(as_text), outcome)
    bars = [go.Bar(y=counts.index, x=counts[name], name=name, orientation="h") for name in counts]
    layout = go.Layout(**LAYOUT, title="Concepts per category", barmode="stack")
    return go.Figure(bars, layout).update_xaxes(title="concepts")


def plot_precision_recall(concept_report: pd.DataFrame) -> Figure:
    """Test precision against the recall that F1 uses, one point per concept's best pair."""
    import plotly.graph_objects as go

    counted = concept_report[concept_report["counted"]]
    points = [
        go.Scatter(
            x=rows["test_recall_per_instance"],
            y=rows["test_precision"],
            text=rows["concept"].map(as_text) + ", f/" + rows["feature"].astype(str),
            name=as_text(str(category)),
            mode="markers",
            hovertemplate="%{text}<br>precision %{y:.2f}, recall %{x:.2f}<extra></extra>",
        )
        for category, rows in counted.groupby("category")
    ]
    figure = go.Figure(points, go.Layout(**LAYOUT, title="Best pair of each concept on test"))
    figure.update_xaxes(title="recall (per instance)", range=[-0.02, 1.02])
    return figure.update_yaxes(title="precision", range=[-0.02, 1.02])


def plot_thresholds(concept_report: pd.DataFrame, test: OverlapCounts) -> Figure:
    """Test F1 of each concept's best feature at every threshold; the frozen one is marked."""
    import plotly.graph_objects as go

    counted = concept_report[concept_report["counted"]]
    concept = pd.Index(test.concepts["concept"]).get_indexer(pd.Index(counted["concept"]))
    feature = counted["feature"].to_numpy()
    totals = test.concepts.iloc[concept]
    scores = measure(
        tp=test.tp[concept, feature],
        n_active=test.n_active[feature],
        instances_hit=test.instances_hit[concept, feature],
        n_positive=totals["n_positive_residues"].to_numpy()[:, None],
        n_instances=totals["n_instances"].to_numpy()[:, None],
        n_residues=test.n_residues,
    )
    frozen = np.searchsorted(test.thresholds, counted["threshold"])
    curves = [
        go.Scatter(
            x=test.thresholds,
            y=f1,
            name=f"{as_text(str(row.concept))}, f/{row.feature}",
            mode="lines+markers",
            marker={"size": np.where(np.arange(len(f1)) == place, 11, 4)},
        )
        for row, f1, place in zip(counted.itertuples(), scores.f1, frozen, strict=True)
    ]
    figure = go.Figure(curves, go.Layout(**LAYOUT, title="Test F1 by threshold"))
    figure.update_xaxes(title="threshold (fraction of the feature's maximum)")
    return figure.update_yaxes(title="test F1", range=[-0.02, 1.02])
