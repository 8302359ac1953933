"""Wiring: settings -> training on the train split -> evaluation on valid and test."""

from __future__ import annotations

from typing import Any

from kedro.pipeline import Node, Pipeline

from plmscope.pipelines.sae_training.nodes import (
    choose_sae_config,
    evaluate_splits,
    plot_training,
    train_sae,
)


def create_pipeline(**kwargs: Any) -> Pipeline:  # noqa: ARG001
    """Everything that decides a training run is in `sae_config`, whoever writes it."""
    return Pipeline(
        [
            Node(choose_sae_config, ["params:sae", "params:training"], "sae_config"),
            Node(
                train_sae,
                ["activations", "proteins", "sae_config", "training_checkpoints"],
                ["sae", "training_history"],
            ),
            Node(
                evaluate_splits,
                ["sae", "activations", "proteins", "plm", "params:evaluation"],
                "sae_evaluation",
            ),
            Node(plot_training, "training_history", "training_plots"),
        ]
    )
