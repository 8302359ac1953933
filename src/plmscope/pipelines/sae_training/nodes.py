"""Nodes of SAE training."""

from __future__ import annotations

from typing import Any

import pandas as pd

from plmscope import activations as stores
from plmscope import plms, saes, training

EVALUATED_SPLITS = ("valid", "test")


def choose_sae_config(
    sae: training.SAESettings, settings: training.TrainingSettings
) -> dict[str, Any]:
    """Write down the architecture and the training settings of one run.

    Args:
        sae: The architecture and its settings.
        settings: How to train it.

    Returns:
        Both, as JSON can hold them, under `sae` and `training`.
    """
    return {
        "sae": sae.model_dump(mode="json"),
        "training": settings.model_dump(mode="json"),
    }


def train_sae(
    activations: stores.ActivationStore,
    proteins: pd.DataFrame,
    sae_config: dict[str, Any],
    checkpoints: training.TrainingCheckpoints,
) -> tuple[saes.SAE, pd.DataFrame]:
    """Train an SAE on the train split.

    Args:
        activations: Activations of all proteins.
        proteins: Which protein is in which split.
        sae_config: The run, as `choose_sae_config` writes it.
        checkpoints: Where a killed run is picked up.

    Returns:
        The SAE, and its training history.
    """
    train = activations.select(proteins.loc[proteins["split"] == "train", "accession"])
    trained = training.train_sae(
        train,
        saes.parse_sae_config(sae_config["sae"]),
        training.TrainingSettings.model_validate(sae_config["training"]),
        checkpoints,
    )
    return trained.sae, trained.history


def evaluate_splits(
    sae: saes.SAE,
    activations: stores.ActivationStore,
    proteins: pd.DataFrame,
    plm: plms.ProteinLanguageModel,
    settings: training.EvaluationSettings,
) -> dict[str, Any]:
    """Evaluate an SAE on the held-out splits.

    Args:
        sae: The SAE.
        activations: Activations of all proteins.
        proteins: Their sequences and splits.
        plm: The PLM that the activations come from.
        settings: Thresholds, fidelity.

    Returns:
        A `training.SAEEvaluation` for each of valid and test.
    """
    saes.check_compatible(sae, activations.manifest)
    sequences = proteins.set_index("accession")["sequence"]
    return {
        split: training.evaluate_sae(
            sae,
            activations.select(proteins.loc[proteins["split"] == split, "accession"]),
            settings,
            plm,
            sequences,
        ).model_dump(mode="json")
        for split in EVALUATED_SPLITS
    }


def plot_training(training_history: pd.DataFrame) -> object:
    """Plot loss, L0 and dead features over the run.

    Args:
        training_history: One row every few steps.

    Returns:
        A plotly figure.
    """
    return training.plot_history(training_history)
