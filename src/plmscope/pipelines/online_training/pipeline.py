"""Wiring: settings -> training on proteins embedded on the way -> evaluation as ever."""

from __future__ import annotations

from typing import Any

from kedro.pipeline import Node, Pipeline

from plmscope.pipelines.online_training.nodes import train_sae_online
from plmscope.pipelines.sae_import.nodes import record_no_search
from plmscope.pipelines.sae_training.nodes import (
    choose_sae_config,
    evaluate_splits,
    plot_training,
)
from plmscope.pipelines.sae_training.pipeline import SEARCHED


def create_pipeline(**kwargs: Any) -> Pipeline:  # noqa: ARG001
    """Run in the place of sae_training; the settings are the configured ones."""
    return Pipeline(
        [
            Node(record_no_search, "params:search", SEARCHED, name="record_no_search"),
            Node(
                choose_sae_config,
                [
                    "sae_search_trials",
                    "sae_search_front",
                    "params:sae",
                    "params:training",
                    "params:search",
                ],
                "sae_config",
                name="choose_sae_config",
            ),
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
            Node(
                evaluate_splits,
                ["sae", "activations", "proteins", "plm", "params:evaluation"],
                "sae_evaluation",
                name="evaluate_splits",
            ),
            Node(plot_training, "training_history", "training_plots", name="plot_training"),
        ]
    )
