"""Wiring: proteins of each height of activation -> descriptions, tested on held-out proteins."""

from __future__ import annotations

from typing import Any

from kedro.pipeline import Node, Pipeline

from plmscope.pipelines.llm_descriptions.nodes import ask_language_model, sample_proteins


def create_pipeline(**kwargs: Any) -> Pipeline:  # noqa: ARG001
    """After the main job; nothing is sent anywhere unless `llm.endpoint` is given."""
    return Pipeline(
        [
            Node(
                sample_proteins,
                [
                    "activations",
                    "sae",
                    "proteins",
                    "feature_statistics",
                    "params:llm",
                    "params:reporting",
                ],
                "llm_proteins",
                name="sample_proteins",
            ),
            Node(
                ask_language_model,
                ["llm_proteins", "proteins", "llm_answers", "params:llm"],
                "llm_descriptions",
                name="ask_language_model",
            ),
        ]
    )
