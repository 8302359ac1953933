"""Wiring: a folder of structures -> where residues are -> features around their peaks -> tests."""

from __future__ import annotations

from typing import Any

from kedro.pipeline import Node, Pipeline

from plmscope.pipelines.structures.nodes import (
    assess_features,
    map_structures,
    measure_structures,
)


def create_pipeline(**kwargs: Any) -> Pipeline:  # noqa: ARG001
    """Run after the main job: `kedro run --pipelines structures`."""
    return Pipeline(
        [
            Node(
                map_structures,
                ["structure_folder", "proteins", "params:structures"],
                ["structure_residues", "structure_chains", "structure_rejects"],
                name="map_structures",
            ),
            Node(
                measure_structures,
                [
                    "activations",
                    "sae",
                    "proteins",
                    "structure_residues",
                    "params:structures",
                    "params:reporting",
                ],
                "structure_measures",
                name="measure_structures",
            ),
            Node(
                assess_features,
                ["structure_measures", "params:structures"],
                ["structure_tests", "structure_summary"],
                name="assess_features",
            ),
        ]
    )
