"""Wiring: one node; what it needs is in the atlas."""

from __future__ import annotations

from typing import Any

from kedro.pipeline import Node, Pipeline

from plmscope.pipelines.explain.nodes import explain


def create_pipeline(**kwargs: Any) -> Pipeline:  # noqa: ARG001
    """`kedro run --pipelines explain --params query=my.fasta`."""
    return Pipeline(
        [
            Node(
                explain,
                ["query", "given_atlas", "plm", "params:explain"],
                "explanation",
                name="explain",
            )
        ]
    )
