"""Wiring: settings -> training on proteins embedded on the way -> evaluation as ever."""

from __future__ import annotations

from typing import Any

from kedro.pipeline import Node, Pipeline

from plmscope.pipelines.online_training.nodes import train_sae_online
from plmscope.pipelines.sae_import.nodes import record_no_search
from plmscope.pipelines.sae_training import create_pipeline as create_sae_training
from plmscope.pipelines.sae_training.pipeline import SEARCHED

SHARED = ("choose_sae_config", "evaluate_splits", "plot_training")
"""What is done before and after training, however it is trained."""


def create_pipeline(**kwargs: Any) -> Pipeline:  # noqa: ARG001
    """Run in the place of sae_training; the settings are the configured ones."""
    own = Pipeline(
        [
            Node(record_no_search, "params:search", SEARCHED, name="record_no_search"),
            Node(
                train_sae_online,
                [
                    "proteins",
                    "plm",
                    "params:embedding",
                    "activations",
                    "sae_config",
                    "training_checkpoints",
                ],
                ["sae", "training_history"],
                name="train_sae_online",
            ),
        ]
    )
    return own + create_sae_training().only_nodes(*SHARED)
