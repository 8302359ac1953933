"""Nodes of the probes."""

from __future__ import annotations

import logging
from typing import Any

import pandas as pd

from plmscope import activations as stores
from plmscope import concepts as ca
from plmscope import probes, saes
from plmscope import proteins as pr
from plmscope.proteins.feature_types import is_pooled

logger = logging.getLogger(__name__)


def probe_activations(
    activations: stores.ActivationStore,
    annotated_proteins: ca.AnnotatedProteins,
    settings: probes.ProbeSettings,
    uncertainty: ca.UncertaintySettings,
) -> pd.DataFrame:
    """Probe all of the layer's activations for every concept.

    Args:
        activations: Activations of all proteins.
        annotated_proteins: The proteins, what is known of them, the kept concepts.
        settings: Residues, penalties.
        uncertainty: Of the intervals.

    Returns:
        `activation_probes`.
    """
    return probes.probe_activations(activations, annotated_proteins, settings, uncertainty)


def probe_random_split(
    activations: stores.ActivationStore,
    annotated_proteins: ca.AnnotatedProteins,
    splits: pr.SplitSettings,
    settings: probes.ProbeSettings,
    uncertainty: ca.UncertaintySettings,
) -> pd.DataFrame:
    """The same where single proteins are split at random, so that relatives of train are in test.

    Args:
        activations: Activations of all proteins.
        annotated_proteins: The proteins, split by homology; the same concepts are probed.
        splits: Shares and seed.
        settings: Residues, penalties.
        uncertainty: Of the intervals.

    Returns:
        `random_split_probes`.
    """
    proteins = pr.split_at_random(annotated_proteins.proteins, splits)
    at_random = ca.AnnotatedProteins(
        proteins, annotated_proteins.annotations, annotated_proteins.concepts
    )
    return probes.probe_activations(activations, at_random, settings, uncertainty)


def probe_features(
    activations: stores.ActivationStore,
    sae: saes.SAE,
    annotated_proteins: ca.AnnotatedProteins,
    settings: probes.ProbeSettings,
    uncertainty: ca.UncertaintySettings,
) -> pd.DataFrame:
    """Probe a few SAE features for every concept.

    Args:
        activations: Activations of all proteins.
        sae: Scaled to the maxima of its features, on its device.
        annotated_proteins: The proteins, what is known of them, the kept concepts.
        settings: Residues, penalties, how many features.
        uncertainty: Of the intervals.

    Returns:
        `feature_probes`.
    """
    return probes.probe_features(activations, sae, annotated_proteins, settings, uncertainty)


def report_probes(
    activation_probes: pd.DataFrame,
    random_split_probes: pd.DataFrame,
    feature_probes: pd.DataFrame,
    concepts: pd.DataFrame,
    control_report: pd.DataFrame,
    settings: probes.ProbeSettings,
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Say of each concept whether the SAE has what the PLM has.

    Args:
        activation_probes: The ceiling.
        random_split_probes: The same under a random split.
        feature_probes: Probes on a few features.
        concepts: Which concepts are kept.
        control_report: The best feature and the best neuron of each concept.
        settings: When the ceiling counts as reached.

    Returns:
        `probe_report`, and `probe_summary`: what it adds up to.
    """
    kept = concepts[concepts["kept"]]
    report = probes.report_probes(
        activation_probes,
        feature_probes,
        {
            "best_feature": control_report[control_report["control"] == "sae"],
            "best_neuron": control_report[control_report["control"] == "raw_neurons"],
        },
        kept.assign(counted=~is_pooled(kept["concept"])),
        settings,
        random_split_probes,
    )
    summary = probes.summarise_probes(report)
    for name, of_probe in summary["probes"].items():
        logger.info(
            "%-13s finds %2d of %d concepts, mean test F1 %.3f, residue by residue %.3f",
            *(name, of_probe["n_found"], summary["n_concepts"]),
            *(of_probe["mean_f1"], of_probe["mean_f1_per_residue"]),
        )
    verdicts = ", ".join(f"{n} {verdict}" for verdict, n in summary["verdicts"].items())
    logger.info(
        "Of these concepts the SAE has: %s. A random split adds %.3f to the ceiling",
        verdicts,
        summary["mean_gap"] or 0.0,
    )
    return report, summary
