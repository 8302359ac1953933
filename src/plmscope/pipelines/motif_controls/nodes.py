"""Nodes of the motif controls."""

from __future__ import annotations

import logging

import pandas as pd

from plmscope import activations as stores
from plmscope import concepts as ca
from plmscope import features, saes

logger = logging.getLogger(__name__)


def search_profiles(feature_motifs: pd.DataFrame, proteins: pd.DataFrame) -> pd.DataFrame:
    """Look for the profile of each feature's train windows in valid and test.

    Args:
        feature_motifs: The windows.
        proteins: Their sequences and splits.

    Returns:
        `profile_hits`.
    """
    return features.search_profiles(feature_motifs, proteins)


def compare_with_motifs(
    profile_hits: pd.DataFrame,
    named_features: pd.DataFrame,
    activations: stores.ActivationStore,
    sae: saes.SAE,
    annotated_proteins: ca.AnnotatedProteins,
    settings: features.ReportingSettings,
    uncertainty: ca.UncertaintySettings,
) -> tuple[pd.DataFrame, dict[str, float | int]]:
    """Say whether features find more than their own motifs.

    Args:
        profile_hits: Where the profiles fit.
        named_features: The named features and their scores.
        activations: Activations of all proteins.
        sae: Scaled to the maxima of its features, on its device.
        annotated_proteins: The proteins, what is known of them, the kept concepts.
        settings: Above which fraction of its maximum a feature is on; block size.
        uncertainty: Of the intervals.

    Returns:
        `motif_control_report`, and `motif_control_summary`: what it adds up to.
    """
    report = features.control_motifs(
        profile_hits,
        named_features,
        activations,
        sae,
        annotated_proteins,
        settings,
        uncertainty,
    )
    summary = features.summarise_motif_control(report)
    logger.info(
        "%d of %d named features find more than their motif (mean test F1 %.3f beside %.3f); motifs"
        " tell where %d of %d features are on (AUROC of %g or more; median %.2f)",
        *(summary["n_above_motif"], summary["n_named"]),
        *(summary["mean_test_f1"], summary["mean_motif_test_f1"]),
        *(summary["n_told_by_motif"], summary["n_features"]),
        *(features.TOLD, summary["median_auroc"]),
    )
    return report, summary
