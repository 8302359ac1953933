"""Wiring: a given SAE -> all that later stages take from SAE training."""

from __future__ import annotations

from typing import Any

from kedro.pipeline import Node, Pipeline

from plmscope.pipelines.sae_import.nodes import import_sae, record_no_search
from plmscope.pipelines.sae_training.nodes import evaluate_splits
from plmscope.pipelines.sae_training.pipeline import SEARCHED


def create_pipeline(**kwargs: Any) -> Pipeline:  # noqa: ARG001
    """Run in the place of sae_training; what is imported is named on the command line."""
    return Pipeline(
        [
            Node(
                import_sae,
                ["given_sae", "activations", "proteins"],
                ["sae", "sae_config", "training_history"],
                name="import_sae",
            ),
            Node(
                record_no_search,
                "params:search",
                SEARCHED,
                name="record_no_search",
            ),
            Node(
                evaluate_splits,
                ["sae", "activations", "proteins", "plm", "params:evaluation"],
                "sae_evaluation",
                name="evaluate_imported",
            ),
        ]
    )
