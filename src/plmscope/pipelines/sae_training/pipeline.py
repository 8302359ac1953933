"""Wiring: search -> settings -> training on the train split -> evaluation on valid and test."""

from __future__ import annotations

from typing import Any

from kedro.pipeline import Node, Pipeline

from plmscope.pipelines.sae_training.nodes import (
    choose_sae_config,
    evaluate_splits,
    plot_training,
    search_sae_settings,
    train_sae,
)

SEARCHED = [
    "sae_search_trials",
    "sae_search_front",
    "sae_search_history_plot",
    "sae_search_front_plot",
    "sae_search_importances_plot",
    "sae_search_slices_plot",
    "sae_search_parallel_plot",
]
"""What a search leaves; an import, in its place, the same without rows."""


def create_pipeline(**kwargs: Any) -> Pipeline:  # noqa: ARG001
    """Everything that decides a training run is in `sae_config`, whoever writes it."""
    return Pipeline(
        [
            Node(
                search_sae_settings,
                [
                    "activations",
                    "annotated_proteins",
                    "sae_search_storage",
                    "params:sae",
                    "params:training",
                    "params:search",
                    "params:counting",
                ],
                SEARCHED,
                name="search_sae_settings",
            ),
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
                train_sae,
                ["activations", "proteins", "sae_config", "training_checkpoints"],
                ["sae", "training_history"],
                name="train_sae",
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
