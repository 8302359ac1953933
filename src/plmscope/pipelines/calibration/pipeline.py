"""Wiring: a finished concept analysis -> its calibration."""

from __future__ import annotations

from typing import Any

from kedro.pipeline import Node, Pipeline

from plmscope.pipelines.calibration.nodes import calibrate_statistics


def create_pipeline(**kwargs: Any) -> Pipeline:  # noqa: ARG001
    """Run after concept_analysis: `kedro run --pipelines calibration`."""
    return Pipeline(
        [
            Node(
                calibrate_statistics,
                [
                    "activations",
                    "sae",
                    "proteins",
                    "annotations",
                    "concepts",
                    "scored_pairs",
                    "best_pairs",
                    "params:counting",
                    "params:uncertainty",
                    "params:calibration",
                ],
                "calibration_report",
                name="calibrate_statistics",
            )
        ]
    )
