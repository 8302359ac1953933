"""Wiring: a FASTA file -> its activations -> the evaluation of a chosen SAE."""

from __future__ import annotations

from typing import Any

from kedro.pipeline import Node, Pipeline

from plmscope.pipelines.sae_evaluation.nodes import embed_evaluated_proteins, evaluate_chosen_sae


def create_pipeline(**kwargs: Any) -> Pipeline:  # noqa: ARG001
    """What is evaluated is named on the command line; see `docs/training.md`."""
    return Pipeline(
        [
            Node(
                embed_evaluated_proteins,
                ["evaluated_fasta", "plm", "params:embedding"],
                "evaluated_activations",
                name="embed_evaluated_proteins",
            ),
            Node(
                evaluate_chosen_sae,
                [
                    "evaluated_sae",
                    "evaluated_activations",
                    "evaluated_fasta",
                    "plm",
                    "params:evaluation",
                ],
                "chosen_sae_evaluation",
                name="evaluate_chosen_sae",
            ),
        ]
    )
