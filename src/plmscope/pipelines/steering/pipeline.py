"""Wiring: a query, a feature, an atlas and its PLM -> what the PLM predicts then."""

from __future__ import annotations

from typing import Any

from kedro.pipeline import Node, Pipeline

from plmscope.pipelines.steering.nodes import steer_query


def create_pipeline(**kwargs: Any) -> Pipeline:  # noqa: ARG001
    """`kedro run --pipelines steering --params query=<protein>,steering.feature=<number>`."""
    return Pipeline(
        [
            Node(
                steer_query,
                ["query", "given_atlas", "plm", "params:steering", "params:explain"],
                ["steering_responses", "steering_page"],
                name="steer_query",
            )
        ]
    )
