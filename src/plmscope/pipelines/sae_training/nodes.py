"""Nodes of SAE training."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd

from plmscope import activations as stores
from plmscope import concepts as ca
from plmscope import plms, saes, training

EVALUATED_SPLITS = ("valid", "test")


def search_sae_settings(
    activations: stores.ActivationStore,
    annotated_proteins: ca.AnnotatedProteins,
    storage_url: str,
    sae: training.SAESettings,
    settings: training.TrainingSettings,
    search: training.SearchSettings,
    counting: ca.CountingSettings,
) -> tuple[Any, ...]:
    """Try settings on the train split and judge them on the valid split.

    Args:
        activations: Activations of all proteins.
        annotated_proteins: The proteins, what is known of them, the kept concepts.
        storage_url: The database that keeps the study.
        sae: The configured architecture, tried first.
        settings: How it is trained, and what is not searched.
        search: The search; with `n_trials: 0` the tables are empty.
        counting: How features are compared with concepts, if an objective does.

    Returns:
        The trials, the L0-FVU front, and the five plots of `training.SearchPlots`.
    """
    configured = training.RunSettings(sae=sae.root, training=settings)
    study = None
    if search.n_trials:
        train, valid = (
            activations.select(annotated_proteins.of_split(split)["accession"])
            for split in ("train", "valid")
        )
        labels = annotated_proteins.labels("valid")
        study = training.search_settings(
            train,
            valid,
            configured,
            search,
            storage_url,
            partial(_mean_best_f1, valid, labels, counting) if search.needs_concepts else None,
        )
    trials = training.tabulate_trials(study, configured, search)
    front = training.select_front(trials)
    return trials, front, *training.plot_search(study, trials, front, search)


def _mean_best_f1(
    valid: stores.ActivationStore,
    labels: ca.ConceptLabels,
    counting: ca.CountingSettings,
    sae: saes.SAE,
) -> float:
    labelled = ca.LabelledFeatures(valid, sae, labels)
    return ca.mean_best_f1(ca.count_overlaps(labelled, counting))


def choose_sae_config(
    trials: pd.DataFrame,
    front: pd.DataFrame,
    sae: training.SAESettings,
    settings: training.TrainingSettings,
    search: training.SearchSettings,
) -> dict[str, Any]:
    """Take the settings that the search's rule picks, or the configured ones if none was made.

    Args:
        trials: The trials of the search.
        front: Those on the L0-FVU front.
        sae: The configured architecture and its settings.
        settings: How to train it.
        search: `choice` is the rule.

    Returns:
        Everything that decides a training run, as JSON can hold it, under `sae` and `training`;
        the `trial` it comes from, and the `reason`.
    """
    configured = training.RunSettings(sae=sae.root, training=settings)
    chosen = training.choose_run(trials, front, configured, search.choice)
    return chosen.model_dump(mode="json")


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
        training.RunSettings(sae=sae_config["sae"], training=sae_config["training"]),
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
        sae: Scaled to the maxima of its features, on its device.
        activations: Activations of all proteins.
        proteins: Their sequences and splits.
        plm: The PLM that the activations come from.
        settings: Thresholds, fidelity.

    Returns:
        A `training.SAEEvaluation` for each of valid and test.
    """
    sequences = proteins.set_index("accession")["sequence"]
    return {
        split: training.evaluate_sae(
            sae,
            activations.select(proteins.loc[proteins["split"] == split, "accession"]),
            settings,
            plm,
            sequences,
            split,
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
