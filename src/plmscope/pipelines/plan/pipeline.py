"""Wiring: the proteins that would be embedded, a short measurement -> what the run will take."""

from __future__ import annotations

from typing import Any

from kedro.pipeline import Node, Pipeline

from plmscope.pipelines.plan.nodes import make_plan


def create_pipeline(**kwargs: Any) -> Pipeline:  # noqa: ARG001
    """Run before the main job: `kedro run --pipelines plan`."""
    return Pipeline(
        [
            Node(
                make_plan,
                [
                    "selected_proteins",
                    "plm",
                    "params:embedding",
                    "params:sae",
                    "params:training",
                    "params:search",
                    "params:plan",
                ],
                "run_plan",
                name="make_plan",
            )
        ]
    )
