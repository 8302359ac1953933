"""Wiring: motifs -> profile HMMs -> hits in valid and test -> beside the features."""

from __future__ import annotations

from typing import Any

from kedro.pipeline import Node, Pipeline

from plmscope.pipelines.motif_controls.nodes import compare_with_motifs, search_profiles


def create_pipeline(**kwargs: Any) -> Pipeline:  # noqa: ARG001
    """After the main job."""
    return Pipeline(
        [
            Node(
                search_profiles,
                ["feature_motifs", "proteins"],
                "profile_hits",
                name="search_profiles",
            ),
            Node(
                compare_with_motifs,
                [
                    "profile_hits",
                    "named_features",
                    "activations",
                    "sae",
                    "annotated_proteins",
                    "params:reporting",
                    "params:uncertainty",
                ],
                ["motif_control_report", "motif_control_summary"],
                name="compare_with_motifs",
            ),
        ]
    )
