"""What the report says of features in structures, once the pipeline `structures` has run."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from plmscope.features.drawing.colours import ANNOTATION_COLOURS
from plmscope.features.report.charts import FAINT, LAYOUT

_SIGNIFICANT = 0.05
_N_SHOWN = 15
TEST_NAMES = {
    "sequence": "along the chain, the peak with it",
    "space": "in space, the peak with it",
    "sequence_without_peak": "along the chain, the peak left out",
    "space_beyond_chain": "in space, peak and chain left out",
    "contacts": "pairs in contact",
    "contacts_beyond_chain": "pairs in contact, apart in the chain",
}
"""By the tests of `plmscope.structures`."""
_BY_PAPER = ("sequence", "space")
_WITHOUT_CHAIN = ("sequence_without_peak", "space_beyond_chain")


def structure_rows(tests: pd.DataFrame) -> list[dict[str, Any]]:
    """How many features each test was asked of, and how many passed.

    Args:
        tests: See `plmscope.structures.assess_features`.
    """
    rows = []
    for test, name in TEST_NAMES.items():
        of_test = tests[tests["test"] == test]
        passed = of_test[_is_above(of_test)]
        rows.append(
            {
                "name": name,
                "n_tested": len(of_test),
                "n_above": len(passed),
                "median_effect": float(of_test["effect_size"].median()) if len(of_test) else None,
            }
        )
    return rows


def spatial_features(tests: pd.DataFrame, feature_table: pd.DataFrame) -> list[dict[str, Any]]:
    """The features whose neighbours in space, and not along the chain, are most active.

    Args:
        tests: See `plmscope.structures.assess_features`.
        feature_table: The names.
    """
    beyond = tests[tests["test"] == _WITHOUT_CHAIN[1]]
    above = beyond[_is_above(beyond)]
    most = above.sort_values("effect_size", ascending=False).head(_N_SHOWN)
    named = most.merge(feature_table[["feature", "name"]], on="feature", how="left")
    named["name"] = named["name"].fillna("")
    return [{str(name): value for name, value in row.items()} for row in named.to_dict("records")]


def structure_charts(tests: pd.DataFrame) -> dict[str, go.Figure]:
    """The paper's scatter, and the same without what the chain alone explains."""
    if tests.empty:
        return {}
    return {
        "space": _scatter(tests, *_BY_PAPER),
        "space_beyond_chain": _scatter(tests, *_WITHOUT_CHAIN),
    }


def _scatter(tests: pd.DataFrame, along: str, within: str) -> go.Figure:
    """The effect size of each feature along the chain and in space."""
    wide = tests.pivot_table(index="feature", columns="test", values=["effect_size", "p_corrected"])
    wide = wide.reindex(
        columns=pd.MultiIndex.from_product([["effect_size", "p_corrected"], [along, within]])
    ).dropna()
    x, y = (wide["effect_size"][test] for test in (along, within))
    in_space = (wide["p_corrected"][within] < _SIGNIFICANT) & (y > 0)
    alone = in_space & ~((wide["p_corrected"][along] < _SIGNIFICANT) & (x > 0))
    figure = go.Figure(layout=LAYOUT)
    groups = {
        "other": (~in_space, FAINT),
        "above permutation in space": (in_space & ~alone, ANNOTATION_COLOURS[0]),
        "in space alone": (alone, ANNOTATION_COLOURS[1]),
    }
    for name, (chosen, colour) in groups.items():
        figure.add_scatter(
            x=x[chosen],
            y=y[chosen],
            mode="markers",
            name=f"{name} ({int(chosen.sum())})",
            text=[f"f/{feature}" for feature in wide.index[chosen]],
            marker={"size": 6, "color": colour, "opacity": 0.8},
            hovertemplate="%{text}<br>chain %{x:.2f}, space %{y:.2f}<extra></extra>",
        )
    ends = [float(min(x.min(), y.min(), 0)), float(max(x.max(), y.max(), 1))] if len(x) else [0, 1]
    figure.add_scatter(
        x=ends, y=ends, mode="lines", line={"color": FAINT, "dash": "dot"}, showlegend=False
    )
    figure.update_layout(showlegend=True, legend={"orientation": "h", "y": -0.25})
    figure.update_xaxes(title="effect size along the chain")
    return figure.update_yaxes(title="effect size in space")


def _is_above(tests: pd.DataFrame) -> pd.Series:
    return (tests["p_corrected"] < _SIGNIFICANT) & (tests["effect_size"] > 0)
