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
        counting: Thresholds, block size, device.
        uncertainty: What is calibrated.
        settings: How often.

    Returns:
        A `concepts.Calibration`.
    """
    labels = ca.ConceptLabels.of_split(proteins, annotations, concepts, "test")
    test = activations.select(labels.accessions)
    sae = sae.to(counting.device)
    cluster_of = proteins.set_index("accession")["cluster"]
    by_protein = ca.count_by_protein(test, sae, labels, best_pairs, counting)
    report = ca.Calibration(
        null=ca.calibrate_p_values(
            test, sae, labels, cluster_of, scored_pairs, counting, uncertainty, settings
        ),
        intervals=ca.calibrate_intervals(by_protein.by_cluster(cluster_of), uncertainty, settings),
    )
    logger.info(
        "on shuffled labels %.3f %% of the pairs have q < 0.05; intervals hold the truth: %s",
        100 * report.null.share_discovered,
        ", ".join(f"{name} {share:.1%}" for name, share in report.intervals.coverage.items()),
    )
    return report.model_dump(mode="json")
