"""Wiring: probes on activations, by homology and at random, and on features -> their report."""

from __future__ import annotations

from typing import Any

from kedro.pipeline import Node, Pipeline

from plmscope.pipelines.probes.nodes import (
    probe_activations,
    probe_features,
    probe_random_split,
    report_probes,
)

SETTINGS = ["params:probes", "params:uncertainty"]


def create_pipeline(**kwargs: Any) -> Pipeline:  # noqa: ARG001
    """Run after the main job: `kedro run --pipelines probes`."""
    return Pipeline(
        [
            Node(
                probe_activations,
                ["activations", "annotated_proteins", *SETTINGS],
                "activation_probes",
                name="probe_activations",
            ),
            Node(
                probe_random_split,
                ["activations", "annotated_proteins", "params:splits", *SETTINGS],
                "random_split_probes",
                name="probe_random_split",
            ),
            Node(
                probe_features,
                ["activations", "sae", "annotated_proteins", *SETTINGS],
                "feature_probes",
                name="probe_features",
            ),
            Node(
                report_probes,
                [
                    "activation_probes",
                    "random_split_probes",
                    "feature_probes",
                    "concepts",
                    "control_report",
                    "params:probes",
                ],
                ["probe_report", "probe_summary"],
                name="report_probes",
            ),
        ]
    )
