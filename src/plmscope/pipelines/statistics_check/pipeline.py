"""Wiring: a finished concept analysis -> checks of its p-values and intervals."""

from __future__ import annotations

from typing import Any

from kedro.pipeline import Node, Pipeline

from plmscope.pipelines.statistics_check.nodes import (
    check_intervals,
    check_p_values,
    report_statistics_check,
)

ANALYSED = ["activations", "sae", "annotated_proteins"]
SETTINGS = ["params:counting", "params:uncertainty", "params:statistics_check"]


def create_pipeline(**kwargs: Any) -> Pipeline:  # noqa: ARG001
    """Run after concept_analysis: `kedro run --pipelines statistics_check`."""
    return Pipeline(
        [
            Node(
                check_p_values,
                [*ANALYSED, "scored_pairs", *SETTINGS],
                "null_check",
                name="check_p_values",
            ),
            Node(
                check_intervals,
                [*ANALYSED, "best_pairs", *SETTINGS],
                "interval_check",
                name="check_intervals",
            ),
            Node(
                report_statistics_check,
                ["null_check", "interval_check"],
                "statistics_check_report",
                name="report_statistics_check",
            ),
        ]
    )
