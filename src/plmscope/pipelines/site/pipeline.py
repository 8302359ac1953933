"""Wiring: what is known of each feature -> a folder of plain files."""

from __future__ import annotations

from typing import Any

from kedro.pipeline import Node, Pipeline

from plmscope.pipelines.site.nodes import make_site


def create_pipeline(**kwargs: Any) -> Pipeline:  # noqa: ARG001
    """Run after the main job: `kedro run --pipelines site`."""
    return Pipeline(
        [
            Node(
                make_site,
                [
                    "sae",
                    "feature_table",
                    "feature_motifs",
                    "feature_examples",
                    "feature_pairs",
                    "annotated_proteins",
                    "params:site",
                ],
                "site",
                name="make_site",
            )
        ]
    )
