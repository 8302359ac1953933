"""Nodes of the descriptions by a language model."""

from __future__ import annotations

import pandas as pd

from plmscope import activations as stores
from plmscope import features, saes


def sample_proteins(
    activations: stores.ActivationStore,
    sae: saes.SAE,
    proteins: pd.DataFrame,
    feature_statistics: pd.DataFrame,
    settings: features.LLMSettings,
    reporting: features.ReportingSettings,
) -> pd.DataFrame:
    """Choose the proteins that are shown, and those that are held out.

    Args:
        activations: Activations of all proteins.
        sae: Scaled to the maxima of its features, on its device.
        proteins: Which are public, and their splits.
        feature_statistics: Which features have enough of them.
        settings: How many of which.
        reporting: Block size.

    Returns:
        `llm_proteins`.
    """
    return features.sample_proteins(
        activations, sae, proteins, feature_statistics, settings, reporting.max_residues
    )


def ask_language_model(
    llm_proteins: pd.DataFrame,
    proteins: pd.DataFrame,
    llm_answers: features.AnswerCache,
    settings: features.LLMSettings,
) -> pd.DataFrame:
    """Ask for descriptions, and test them.

    Args:
        llm_proteins: The chosen proteins.
        proteins: Their public fields and sequences.
        llm_answers: What was answered before.
        settings: Endpoint, prices.

    Returns:
        `llm_descriptions`.
    """
    return features.describe_by_llm(llm_proteins, proteins, settings, llm_answers)
