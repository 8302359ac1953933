"""Nodes of the check of explanations."""

from __future__ import annotations

import pandas as pd

from plmscope import activations as stores
from plmscope import concepts as ca
from plmscope import proteins as pr
from plmscope import saes


def calibrate_by_bin(test_calls: pd.DataFrame) -> pd.DataFrame:
    """Compare the stated precision of calls with the observed one.

    Args:
        test_calls: Calls on test, each stated by those of other homology clusters.

    Returns:
        One row a bin of the stated precision.
    """
    return ca.calibration_by_bin(test_calls)


def split_at_random(proteins: pd.DataFrame, settings: pr.SplitSettings) -> pd.DataFrame:
    """Send single proteins to the splits, whatever their relatives.

    Args:
        proteins: The proteins, split by homology cluster.
        settings: Shares and seed.

    Returns:
        The proteins with other splits.
    """
    return pr.split_at_random(proteins, settings)


def compare_with_copying(
    activations: stores.ActivationStore,
    sae: saes.SAE,
    annotated_proteins: ca.AnnotatedProteins,
    concept_report: pd.DataFrame,
    counting: ca.CountingSettings,
    homology: pr.HomologySettings,
) -> pd.DataFrame:
    """Hold the calls on test against annotations copied from the nearest train protein.

    Args:
        activations: Activations of all proteins.
        sae: Trained on the train split.
        annotated_proteins: The proteins, what is known of them, the kept concepts.
        concept_report: The best pair of each concept.
        counting: Block size.
        homology: CPU threads.

    Returns:
        One row a concept, group of proteins and method.
    """
    test = ca.labelled_features(activations, sae, annotated_proteins.labels("test"))
    called = ca.call_pairs(test, ca.pairs_to_call(concept_report, annotated_proteins), counting)
    copies = ca.copy_annotations(annotated_proteins, homology.threads)
    return ca.compare_with_copying(called, copies)
