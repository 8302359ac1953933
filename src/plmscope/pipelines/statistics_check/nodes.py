"""Nodes that check p-values and intervals where the truth is known."""

from __future__ import annotations

import logging
from typing import Any

import pandas as pd

from plmscope import activations as stores
from plmscope import concepts as ca
from plmscope import saes

logger = logging.getLogger(__name__)


def check_p_values(
    activations: stores.ActivationStore,
    sae: saes.SAE,
    annotated_proteins: ca.AnnotatedProteins,
    scored_pairs: pd.DataFrame,
    counting: ca.CountingSettings,
    uncertainty: ca.UncertaintySettings,
    settings: ca.StatisticsCheckSettings,
) -> dict[str, Any]:
    """Test shuffled labels, where nothing is to be found.

    Args:
        activations: Activations of all proteins.
        sae: Scaled to the maxima of its features, on its device.
        annotated_proteins: The proteins, what is known of them, the kept concepts.
        scored_pairs: All pairs.
        counting: Thresholds, block size.
        uncertainty: Number of permutations, seed.
        settings: How often.

    Returns:
        A `concepts.NullCheck`.
    """
    test = ca.labelled_features(activations, sae, annotated_proteins.labels("test"))
    null = ca.check_p_values(
        test, annotated_proteins.cluster_of, scored_pairs, counting, uncertainty, settings
    )
    logger.info("shuffled labels: %.5f %% of pairs have q < 0.05", 100 * null.fraction_discovered)
    return null.model_dump(mode="json")


def check_intervals(
    activations: stores.ActivationStore,
    sae: saes.SAE,
    annotated_proteins: ca.AnnotatedProteins,
    best_pairs: pd.DataFrame,
    counting: ca.CountingSettings,
    uncertainty: ca.UncertaintySettings,
    settings: ca.StatisticsCheckSettings,
) -> dict[str, Any]:
    """Draw samples from the clusters of valid and of test, whose scores are known.

    Args:
        activations: Activations of all proteins.
        sae: Scaled to the maxima of its features, on its device.
        annotated_proteins: The proteins, what is known of them, the kept concepts.
        best_pairs: The best pair of each concept.
        counting: Thresholds, block size.
        uncertainty: Bootstrap size, coverage, seed.
        settings: How often.

    Returns:
        A `concepts.IntervalCheck` by split.
    """
    checked = {}
    held_out = ca.held_out_features(activations, sae, annotated_proteins)
    for split, labelled in held_out.items():
        by_protein = ca.count_by_protein(labelled, best_pairs, counting)
        clusters = by_protein.by_cluster(annotated_proteins.cluster_of)
        of_split = ca.check_intervals(clusters, uncertainty, settings)
        fractions = of_split.coverage.items()
        held = ", ".join(f"{name} {fraction:.1%}" for name, fraction in fractions)
        logger.info("%s: intervals hold the truth of %s", split, held)
        checked[split] = of_split.model_dump(mode="json")
    return checked


def report_statistics_check(null: dict[str, Any], intervals: dict[str, Any]) -> dict[str, Any]:
    """Put both checks together.

    Args:
        null: Of the p-values.
        intervals: Of the intervals, by split.

    Returns:
        A `concepts.StatisticsCheck`.
    """
    return ca.StatisticsCheck.model_validate({"null": null, "intervals": intervals}).model_dump(
        mode="json"
    )
