"""Nodes of concept analysis."""

from __future__ import annotations

import logging
from typing import Any

import pandas as pd

from plmscope import activations as stores
from plmscope import concepts as ca
from plmscope import saes
from plmscope.disk.csv import as_csv

logger = logging.getLogger(__name__)


def count_held_out_overlaps(
    activations: stores.ActivationStore,
    sae: saes.SAE,
    annotated_proteins: ca.AnnotatedProteins,
    settings: ca.CountingSettings,
) -> tuple[ca.OverlapCounts, ca.OverlapCounts]:
    """Count features against concepts on the validation and on the test split.

    Args:
        activations: Activations of all proteins.
        sae: Scaled to the maxima of its features, on its device.
        annotated_proteins: The proteins, what is known of them, the kept concepts.
        settings: Thresholds, block size.

    Returns:
        Integer counts of all features, concepts and thresholds, on valid and on test.
    """
    ca.check_concepts(annotated_proteins.annotations, annotated_proteins.concepts)
    held_out = ca.held_out_features(activations, sae, annotated_proteins)
    valid, test = (ca.count_overlaps(held_out[split], settings) for split in ("valid", "test"))
    return valid, test


def score_feature_concept_pairs(
    valid_counts: ca.OverlapCounts, test_counts: ca.OverlapCounts, settings: ca.ScoringSettings
) -> pd.DataFrame:
    """Choose each pair's threshold on valid and score it once on test.

    Args:
        valid_counts: Counts over the validation split.
        test_counts: Counts over the test split.
        settings: Thresholds frozen on valid, or InterPLM's protocol.

    Returns:
        One row a pair.
    """
    return ca.score_pairs(valid_counts, test_counts, settings)


def assess_significance(
    scored_pairs: pd.DataFrame,
    activations: stores.ActivationStore,
    sae: saes.SAE,
    annotated_proteins: ca.AnnotatedProteins,
    counting: ca.CountingSettings,
    settings: ca.UncertaintySettings,
) -> pd.DataFrame:
    """Compare each pair's overlap on test with labels moved at random within the proteins.

    Args:
        scored_pairs: Their thresholds are those tested.
        activations: Activations of all proteins.
        sae: Scaled to the maxima of its features, on its device.
        annotated_proteins: The proteins, what is known of them, the kept concepts.
        counting: Thresholds, block size.
        settings: Number of permutations, seed.

    Returns:
        The pairs with p_value and q_value.
    """
    significance = ca.assess_significance(
        ca.labelled_features(activations, sae, annotated_proteins.labels("test")),
        annotated_proteins.cluster_of,
        ca.at_test_threshold(scored_pairs),
        counting,
        settings,
    )
    return scored_pairs.join(significance)


def report_concepts(
    pair_scores: pd.DataFrame, valid_counts: ca.OverlapCounts, test_counts: ca.OverlapCounts
) -> pd.DataFrame:
    """Take the best pair of each concept, chosen on valid.

    Args:
        pair_scores: All pairs.
        valid_counts: Counts over the validation split.
        test_counts: Counts over the test split.

    Returns:
        One row a concept.
    """
    return ca.report_concepts(pair_scores, valid_counts, test_counts)


def examine_best_pairs(
    best_pairs: pd.DataFrame,
    activations: stores.ActivationStore,
    sae: saes.SAE,
    annotated_proteins: ca.AnnotatedProteins,
    leakage_audit: pd.DataFrame,
    counting: ca.CountingSettings,
    settings: ca.UncertaintySettings,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give the best pairs intervals and ranking scores, and score them without leaked proteins.

    Args:
        best_pairs: The best pair of each concept.
        activations: Activations of all proteins.
        sae: Scaled to the maxima of its features, on its device.
        annotated_proteins: The proteins, what is known of them, the kept concepts.
        leakage_audit: Which held-out proteins resemble a train protein.
        counting: Thresholds, block size.
        settings: Bootstrap size, seed.

    Returns:
        `concept_report` and `leakage_report`.
    """
    test = ca.labelled_features(activations, sae, annotated_proteins.labels("test"))
    by_protein = ca.count_by_protein(test, ca.at_test_threshold(best_pairs), counting)
    by_cluster = by_protein.by_cluster(annotated_proteins.cluster_of)
    ranking = ca.rank_pairs(test, best_pairs, counting).add_prefix("test_")
    return (
        ca.add_intervals(best_pairs, by_cluster, settings).join(ranking),
        ca.compare_without_leaks(best_pairs, by_protein, leakage_audit),
    )


def score_controls(
    activations: stores.ActivationStore,
    sae: saes.SAE,
    annotated_proteins: ca.AnnotatedProteins,
    counting: ca.CountingSettings,
    scoring: ca.ScoringSettings,
    uncertainty: ca.UncertaintySettings,
    settings: ca.ControlSettings,
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Count and score what should find little in the same way as the SAE.

    Args:
        activations: Activations of all proteins.
        sae: Scaled to the maxima of its features, on its device.
        annotated_proteins: The proteins, what is known of them, the kept concepts.
        counting: Thresholds, block size.
        scoring: Thresholds frozen on valid, or InterPLM's protocol.
        uncertainty: Of the intervals.
        settings: What the controls need to know.

    Returns:
        The best pair of each concept for each control; a `concepts.Headline` by control.
    """
    controls = ca.make_controls(activations, sae, annotated_proteins, counting, settings)
    scored = {
        name: ca.score_control(
            control, annotated_proteins.cluster_of, counting, scoring, uncertainty
        )
        for name, control in controls.items()
    }
    headlines = {name: headline.model_dump() for name, (_, headline) in scored.items()}
    return ca.name_controls({name: best for name, (best, _) in scored.items()}), headlines


def compare_with_controls(
    concept_report: pd.DataFrame, control_pairs: pd.DataFrame
) -> pd.DataFrame:
    """Set the controls below the SAE.

    Args:
        concept_report: The SAE's best pair of each concept.
        control_pairs: The controls' best pairs.

    Returns:
        `control_report`: the best pair of each concept, for the SAE and for each control.
    """
    return ca.append_controls(concept_report.assign(control="sae"), control_pairs)


def call_concepts(
    activations: stores.ActivationStore,
    sae: saes.SAE,
    annotated_proteins: ca.AnnotatedProteins,
    concept_report: pd.DataFrame,
    counting: ca.CountingSettings,
    suggestions: ca.SuggestionSettings,
) -> tuple[pd.DataFrame, str, pd.DataFrame, pd.DataFrame]:
    """Call concepts by the features that passed on test, and say how far the calls can be trusted.

    Args:
        activations: Activations of all proteins.
        sae: Scaled to the maxima of its features, on its device.
        annotated_proteins: The proteins, what is known of them, the kept concepts.
        concept_report: The best pairs.
        counting: Block size.
        suggestions: What is suggested.

    Returns:
        `missing_annotations`: regions where UniProt names no such concept, surest first, and the
        same as comma-separated text;
        `call_precision` and `test_calls`: a `concepts.CallCalibration`.
    """
    annotated = annotated_proteins.select("annotated")
    called = ca.call_pairs(
        ca.labelled_features(activations, sae, annotated.all_labels()),
        ca.pairs_to_call(concept_report, annotated_proteins),
        counting,
    )
    missing = ca.suggest_annotations(called, annotated, suggestions)
    logger.info(
        "%d annotations that may be missing, %d of them explained by what stands there",
        *(len(missing), missing["is_explained"].sum()),
    )
    return (
        missing,
        as_csv(missing),
        *ca.calibrate_calls(called, annotated),
    )


def recover_hidden_annotations(
    activations: stores.ActivationStore,
    sae: saes.SAE,
    annotated_proteins: ca.AnnotatedProteins,
    concept_report: pd.DataFrame,
    counting: ca.CountingSettings,
    settings: ca.SuggestionSettings,
) -> pd.DataFrame:
    """Hide some annotations of test and count how many come back as suggestions.

    Args:
        activations: Activations of all proteins.
        sae: Scaled to the maxima of its features, on its device.
        annotated_proteins: The proteins, what is known of them, the kept concepts.
        concept_report: The best pairs.
        counting: Block size.
        settings: What is hidden, and what counts as found again.

    Returns:
        One row a pair that passed on test.
    """
    recovered = ca.recover_hidden(
        activations,
        sae,
        annotated_proteins,
        ca.pairs_to_call(concept_report, annotated_proteins),
        counting,
        settings,
    )
    logger.info(
        "%d of %d hidden instances come back",
        *(recovered["n_returned"].sum(), recovered["n_hidden"].sum()),
    )
    return recovered


def summarise_concepts(
    pair_scores: pd.DataFrame,
    concept_report: pd.DataFrame,
    control_headlines: dict[str, Any],
    concepts: pd.DataFrame,
    leakage_audit: pd.DataFrame,
) -> dict[str, Any]:
    """Add up what was found, beside what the controls find.

    Args:
        pair_scores: All pairs.
        concept_report: The best pairs.
        control_headlines: What the pairs of each control add up to.
        concepts: Which concepts are kept.
        leakage_audit: Which held-out proteins resemble a train protein.

    Returns:
        A `concepts.ConceptSummary`.
    """
    return ca.summarise_concepts(
        pair_scores, concept_report, control_headlines, concepts, leakage_audit
    ).model_dump(mode="json")


def plot_concepts(
    concept_report: pd.DataFrame, control_report: pd.DataFrame, test_counts: ca.OverlapCounts
) -> tuple[object, object, object, object]:
    """Draw the analysis.

    Args:
        concept_report: The best pairs.
        control_report: The best pairs of the controls.
        test_counts: Counts over the test split.

    Returns:
        Plotly figures: F1 beside the controls, concepts per category, precision against recall,
        F1 by threshold.
    """
    return (
        ca.plot_controls(control_report),
        ca.plot_categories(concept_report),
        ca.plot_precision_recall(concept_report),
        ca.plot_thresholds(concept_report, test_counts),
    )
