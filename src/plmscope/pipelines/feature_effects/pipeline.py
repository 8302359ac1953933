"""Wiring: ablations -> effects -> ladder, with the motif controls; steered glycine repeats."""

from __future__ import annotations

from typing import Any

from kedro.pipeline import Node, Pipeline

from plmscope.pipelines.feature_effects.nodes import (
    ablate_named_features,
    climb_ladder,
    steer_repeats,
    summarise_effects,
)


def create_pipeline(**kwargs: Any) -> Pipeline:  # noqa: ARG001
    """Run after the main job: `kedro run --pipelines feature_effects`."""
    return Pipeline(
        [
            Node(
                ablate_named_features,
                ["plm", "sae", "annotated_proteins", "named_features", "params:effects"],
                "feature_ablations",
                name="ablate_named_features",
            ),
            Node(
                summarise_effects,
                ["feature_ablations", "params:uncertainty"],
                "feature_effects",
                name="summarise_effects",
            ),
            Node(
                steer_repeats,
                ["plm", "sae", "feature_patterns", "params:repeats"],
                "glycine_repeats",
                name="steer_repeats",
            ),
            Node(
                climb_ladder,
                ["named_features", "control_report", "motif_control_report", "feature_effects"],
                ["feature_ladder", "effects_summary"],
                name="climb_ladder",
            ),
        ]
    )
