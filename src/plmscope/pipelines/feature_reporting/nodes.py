"""Nodes of feature reporting."""

from __future__ import annotations

from typing import Any

import pandas as pd

from plmscope import activations as stores
from plmscope import features, saes


def survey_features(
    activations: stores.ActivationStore,
    sae: saes.SAE,
    proteins: pd.DataFrame,
    settings: features.ReportingSettings,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Measure every feature over all proteins, and choose its example proteins.

    Args:
        activations: Activations of all proteins.
        sae: Scaled to the maxima of its features, on its device.
        proteins: Which of them come from the corpus.
        settings: How many examples.

    Returns:
        `feature_statistics` and `example_proteins`.
    """
    corpus = frozenset(proteins.loc[proteins["origin"] == "corpus", "accession"])
    return features.survey_features(activations, sae, settings, corpus)


def trace_examples(
    activations: stores.ActivationStore,
    sae: saes.SAE,
    example_proteins: pd.DataFrame,
    settings: features.ReportingSettings,
) -> pd.DataFrame:
    """Follow each feature along its example proteins.

    Args:
        activations: The same activations.
        sae: The same SAE.
        example_proteins: The chosen proteins.
        settings: Block size.

    Returns:
        `feature_examples`.
    """
    return features.trace_examples(activations, sae, example_proteins, settings)


def write_report(
    sae_search_trials: pd.DataFrame,
    sae_search_history_plot: Any,
    sae_search_front_plot: Any,
    sae_search_importances_plot: Any,
    sae_search_slices_plot: Any,
    sae_search_parallel_plot: Any,
    sae_config: dict[str, Any],
    sae: saes.SAE,
    proteins: pd.DataFrame,
    annotations: pd.DataFrame,
    concepts: pd.DataFrame,
    pair_scores: pd.DataFrame,
    concept_report: pd.DataFrame,
    control_report: pd.DataFrame,
    sae_evaluation: dict[str, Any],
    training_history: pd.DataFrame,
    ingestion_report: dict[str, Any],
    feature_statistics: pd.DataFrame,
    feature_examples: pd.DataFrame,
) -> str:
    """Tell the whole run on one page.

    The arguments are the datasets of the same names.

    Returns:
        HTML that needs no other file and no network.
    """
    return features.render_report(
        features.RunResults(
            sae_search_trials=sae_search_trials,
            sae_search_history_plot=sae_search_history_plot,
            sae_search_front_plot=sae_search_front_plot,
            sae_search_importances_plot=sae_search_importances_plot,
            sae_search_slices_plot=sae_search_slices_plot,
            sae_search_parallel_plot=sae_search_parallel_plot,
            sae_config=sae_config,
            sae=sae,
            proteins=proteins,
            annotations=annotations,
            concepts=concepts,
            pair_scores=pair_scores,
            concept_report=concept_report,
            control_report=control_report,
            sae_evaluation=sae_evaluation,
            training_history=training_history,
            ingestion_report=ingestion_report,
            feature_statistics=feature_statistics,
            feature_examples=feature_examples,
        )
    )
