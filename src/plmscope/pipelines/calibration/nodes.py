"""Nodes of the calibration of concept analysis."""

from __future__ import annotations

import logging
from typing import Any

import pandas as pd

from plmscope import activations as stores
from plmscope import concepts as ca
from plmscope import saes

logger = logging.getLogger(__name__)


def calibrate_statistics(
    activations: stores.ActivationStore,
    sae: saes.SAE,
    proteins: pd.DataFrame,
    annotations: pd.DataFrame,
    concepts: pd.DataFrame,
    scored_pairs: pd.DataFrame,
    best_pairs: pd.DataFrame,
    counting: ca.CountingSettings,
    uncertainty: ca.UncertaintySettings,
    settings: ca.CalibrationSettings,
) -> dict[str, Any]:
    """Test shuffled labels, and draw samples from a population whose scores are known.

    Args:
        activations: Activations of all proteins.
        sae: The SAE.
        proteins: Splits and homology clusters.
        annotations: What is known of their residues.
        concepts: Which concepts are kept.
        scored_pairs: All pairs.
        best_pairs: The best pair of each concept.
        counting: Thresholds, block size.
        uncertainty: What is calibrated.
        settings: How often.

    Returns:
        A `concepts.Calibration`.
    """
    cluster_of = proteins.set_index("accession")["cluster"]
    labels = ca.label_held_out(proteins, annotations, concepts)
    stores_of = {split: activations.select(part.accessions) for split, part in labels.items()}
    null = ca.calibrate_p_values(
        stores_of["test"],
        sae,
        labels["test"],
        cluster_of,
        scored_pairs,
        counting,
        uncertainty,
        settings,
    )
    logger.info("shuffled labels: %.5f %% of pairs have q < 0.05", 100 * null.fraction_discovered)
    intervals = {}
    for split, of_split in labels.items():
        by_protein = ca.count_by_protein(stores_of[split], sae, of_split, best_pairs, counting)
        clusters = by_protein.by_cluster(cluster_of)
        intervals[split] = ca.calibrate_intervals(clusters, uncertainty, settings)
        fractions = intervals[split].coverage.items()
        held = ", ".join(f"{name} {fraction:.1%}" for name, fraction in fractions)
        logger.info("%s: intervals hold the truth of %s", split, held)
    return ca.Calibration(null=null, intervals=intervals).model_dump(mode="json")
