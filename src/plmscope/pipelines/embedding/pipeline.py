"""Wiring of the embedding pipeline."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from plmscope.pipelines.embedding.nodes import embed_proteins


def create_pipeline(**kwargs: Any) -> Pipeline:  # noqa: ARG001
    """Proteins and a PLM -> the activation store."""
    return Pipeline(
        [
            Node(
                embed_proteins,
                ["proteins", "plm", "params:embedding"],
                "activations",
                name="embed_proteins",
            )
        ]
    )
