"""Wiring: calibration of calls; calls against copying, by homology and under a random split."""

from __future__ import annotations

from typing import Any

from kedro.pipeline import Node, Pipeline

from plmscope.pipelines.controls.nodes import score_control, train_control_sae
from plmscope.pipelines.explain_check.nodes import (
    calibrate_by_bin,
    compare_with_copying,
    split_at_random,
)
from plmscope.pipelines.ingestion.nodes import join_annotations, tabulate_concepts


def create_pipeline(**kwargs: Any) -> Pipeline:  # noqa: ARG001
    """Run after concept_analysis: `kedro run --pipelines explain_check`."""
    return Pipeline(
        [
            Node(calibrate_by_bin, "test_calls", "call_calibration", name="calibrate_by_bin"),
            Node(
                compare_with_copying,
                [
                    "activations",
                    "sae",
                    "annotated_proteins",
                    "concept_report",
                    "params:counting",
                    "params:homology",
                ],
                "copying_report",
                name="compare_with_copying",
            ),
            Node(
                split_at_random,
                ["proteins", "params:splits"],
                "random_split_proteins",
                name="split_at_random",
            ),
            Node(
                tabulate_concepts,
                ["annotations", "random_split_proteins", "params:concept_choice"],
                "random_split_concepts",
                name="tabulate_random_split",
            ),
            Node(
                join_annotations,
                ["random_split_proteins", "annotations", "random_split_concepts"],
                "annotated_random_split",
                name="join_random_split",
            ),
            Node(
                train_control_sae,
                ["activations", "random_split_proteins", "sae_config"],
                "random_split_sae",
                name="train_random_split_sae",
            ),
            Node(
                score_control,
                [
                    "activations",
                    "random_split_sae",
                    "annotated_random_split",
                    "params:counting",
                    "params:scoring",
                    "params:uncertainty",
                ],
                ["random_split_pairs", "random_split_headline"],
                name="score_random_split",
            ),
            Node(
                compare_with_copying,
                [
                    "activations",
                    "random_split_sae",
                    "annotated_random_split",
                    "random_split_pairs",
                    "params:counting",
                    "params:homology",
                ],
                "random_split_copying_report",
                name="compare_random_split_with_copying",
            ),
        ]
    )
