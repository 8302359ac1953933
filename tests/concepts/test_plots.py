import numpy as np
import pandas as pd
import pytest

from plmscope.concepts.counting.counts import OverlapCounts
from plmscope.concepts.plots import (
    plot_categories,
    plot_controls,
    plot_precision_recall,
    plot_thresholds,
)

HOSTILE = ["Domain: [/b] x", "Domain: [beta-lactamase]", "Domain: <img src=x onerror=1>"]


def make_report(concepts: list[str], **columns) -> pd.DataFrame:
    usual = {
        "concept": concepts,
        "category": "Domain",
        "control": "sae",
        "feature": 0,
        "threshold": 0.5,
        "test_f1": 0.8,
        "test_precision": 0.8,
        "test_recall_per_instance": 0.8,
        "counted": True,
    }
    return pd.DataFrame(usual | columns)


def make_counts(concepts: list[str]) -> OverlapCounts:
    n_concepts = len(concepts)
    table = pd.DataFrame(
        {"concept": concepts, "n_positive_residues": 9, "n_instances": 3, "n_annotated": 3}
    )
    tp = np.full((n_concepts, 1, 2), 3)
    return OverlapCounts(table, (0.0, 0.5), 100, np.array([[9, 6]]), tp, 2 * tp, tp)


DRAWN = [
    plot_controls,
    plot_categories,
    plot_precision_recall,
    lambda report: plot_thresholds(report, make_counts(report["concept"].tolist())),
]


class TestHostileNames:
    @pytest.mark.parametrize("draw", DRAWN)
    def test_are_no_markup_to_plotly(self, draw):
        """Regression: plotly took the <b> and <a href> of names for its own."""
        drawn = draw(make_report(HOSTILE, category=HOSTILE)).to_json()
        assert "<img" not in drawn
        assert "\\u003cimg" not in drawn
        assert "&lt;img src=x onerror=1&gt;" in drawn

    def test_in_brackets_or_quotation_marks_stay_as_they_are(self):
        figure = plot_controls(make_report([*HOSTILE, "Binding site: 5'-AMP"]))
        assert list(figure.data[0].text)[:2] == HOSTILE[:2]
        assert figure.data[0].text[3] == "Binding site: 5'-AMP"


class TestCountedPairs:
    def test_are_drawn_alone(self):
        report = make_report(["Helix", "Domain: any"], counted=[True, False])
        bars = plot_categories(report).data
        assert [tuple(bar.x) for bar in bars] == [(1,)]
        assert list(plot_controls(report).data[0].text) == ["Helix"]
        assert list(plot_precision_recall(report).data[0].text) == ["Helix, f/0"]
        curves = plot_thresholds(report, make_counts(["Helix", "Domain: any"])).data
        assert [curve.name for curve in curves] == ["Helix, f/0"]

    def test_may_be_none(self):
        report = make_report(["Domain: any"], counted=[False])
        for draw in DRAWN:
            assert len(draw(report).data) == 0
