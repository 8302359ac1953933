"""Nodes of feature reporting."""

from __future__ import annotations

import logging
from typing import Any

import pandas as pd

from plmscope import activations as stores
from plmscope import atlas as atlases
from plmscope import concepts as ca
from plmscope import features, saes

logger = logging.getLogger(__name__)


def survey_features(
    activations: stores.ActivationStore,
    sae: saes.SAE,
    proteins: pd.DataFrame,
    settings: features.ReportingSettings,
    rules: features.PatternSettings,
) -> features.Survey:
    """Measure every feature over all proteins, and choose its example proteins.

    Args:
        activations: Activations of all proteins.
        sae: Scaled to the maxima of its features, on its device.
        proteins: Their sequences, clusters, splits; which of them come from the corpus.
        settings: How many examples.
        rules: By which patterns are told.

    Returns:
        `feature_statistics`, `example_proteins`, `feature_patterns`, `feature_peaks`,
        `feature_coactivation`, `end_effects`.
    """
    return features.survey_features(activations, sae, proteins, settings, rules)


def learn_motifs(
    feature_peaks: pd.DataFrame,
    proteins: pd.DataFrame,
    sae: saes.SAE,
    settings: features.MotifSettings,
) -> pd.DataFrame:
    """Learn what the residues around each feature's peaks on train have in common.

    Args:
        feature_peaks: Peaks, one a homology cluster.
        proteins: Their sequences.
        sae: How many features it has.
        settings: What a motif needs.

    Returns:
        `feature_motifs`.
    """
    return features.learn_motifs(feature_peaks, proteins, sae.d_sae, settings)


def group_features(
    sae: saes.SAE,
    feature_patterns: pd.DataFrame,
    feature_coactivation: pd.DataFrame,
    named_features: pd.DataFrame,
    settings: features.FamilySettings,
) -> features.FeatureFamilies:
    """Put the features into families, and measure whether these go with concepts.

    Args:
        sae: Its decoder directions.
        feature_patterns: How each fires.
        feature_coactivation: Which fire together.
        named_features: The concepts of the named ones.
        settings: Sizes, seed.

    Returns:
        `feature_map`, `feature_families`, `map_agreement`.
    """
    names = named_features.set_index("feature")["concept"]
    return features.group_features(sae, feature_patterns, feature_coactivation, names, settings)


def describe_features(
    feature_patterns: pd.DataFrame,
    feature_motifs: pd.DataFrame,
    feature_map: pd.DataFrame,
    feature_families: pd.DataFrame,
    feature_peaks: pd.DataFrame,
    annotated_proteins: ca.AnnotatedProteins,
    feature_ladder: pd.DataFrame,
) -> pd.DataFrame:
    """Join what is known of each feature beyond its scores.

    Args:
        feature_patterns: How each fires.
        feature_motifs: What its peaks have in common.
        feature_map: Its families and neighbours.
        feature_families: What these are called.
        feature_peaks: Where each peaks on train.
        annotated_proteins: What is known there, and what the proteins are called.
        feature_ladder: How far each named one gets, once feature_effects has run.

    Returns:
        `feature_descriptions`.
    """
    at_peaks = features.describe_peaks(feature_peaks, annotated_proteins)
    by_chance = features.describe_peaks(features.shuffle_peaks(feature_peaks), annotated_proteins)
    logger.info(
        "At their highest peaks %d features have an annotation in common, %d the secondary"
        " structure, %d words; with the proteins exchanged among features, %d words",
        *((at_peaks[column] != "").sum() for column in ("at_peaks", "structure_at_peaks")),
        *((table["shared_words"] != "").sum() for table in (at_peaks, by_chance)),
    )
    return features.describe_features(
        feature_patterns, feature_motifs, feature_map, feature_families, at_peaks, feature_ladder
    )


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


def examine_named_features(
    activations: stores.ActivationStore,
    sae: saes.SAE,
    annotated_proteins: ca.AnnotatedProteins,
    pair_scores: pd.DataFrame,
    counting: ca.CountingSettings,
    uncertainty: ca.UncertaintySettings,
) -> pd.DataFrame:
    """Give the named features intervals, and the precision of their calls.

    Args:
        activations: Activations of all proteins.
        sae: Scaled to the maxima of its features, on its device.
        annotated_proteins: The proteins, what is known of them, the kept concepts.
        pair_scores: All pairs.
        counting: Thresholds, block size.
        uncertainty: Bootstrap size, seed.

    Returns:
        One row a named feature.
    """
    return features.examine_named_features(
        activations, sae, annotated_proteins, pair_scores, counting, uncertainty
    )


def bound_feature_pairs(
    activations: stores.ActivationStore,
    sae: saes.SAE,
    annotated_proteins: ca.AnnotatedProteins,
    pair_scores: pd.DataFrame,
    counting: ca.CountingSettings,
    uncertainty: ca.UncertaintySettings,
) -> pd.DataFrame:
    """Give the best pairs of each feature intervals.

    Args:
        activations: Activations of all proteins.
        sae: Scaled to the maxima of its features, on its device.
        annotated_proteins: The proteins, what is known of them, the kept concepts.
        pair_scores: All pairs.
        counting: Thresholds, block size.
        uncertainty: Bootstrap size, seed.

    Returns:
        `feature_pairs`.
    """
    return features.bound_feature_pairs(
        activations, sae, annotated_proteins, pair_scores, counting, uncertainty
    )


def profile_proteins(
    activations: stores.ActivationStore,
    sae: saes.SAE,
    feature_statistics: pd.DataFrame,
    proteins: pd.DataFrame,
    settings: features.ReportingSettings,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Find what stands out in each protein.

    Args:
        activations: Activations of all proteins.
        sae: Scaled to the maxima of its features, on its device.
        feature_statistics: What is usual.
        proteins: Their lengths and homology clusters.
        settings: Block size, executor.

    Returns:
        `protein_profiles`, and `feature_clusters`: in how many clusters each feature is on.
    """
    return features.profile_proteins(activations, sae, feature_statistics, proteins, settings)


def make_feature_table(
    sae: saes.SAE,
    pair_scores: pd.DataFrame,
    named_features: pd.DataFrame,
    feature_statistics: pd.DataFrame,
    feature_clusters: pd.DataFrame,
    feature_descriptions: pd.DataFrame,
    activations: stores.ActivationStore,
) -> tuple[pd.DataFrame, str]:
    """Put together what is known of each feature.

    Args:
        sae: Which SAE's features.
        pair_scores: All pairs.
        named_features: The named ones, with intervals.
        feature_statistics: How often and how strongly they fire.
        feature_clusters: In how many homology clusters they are on.
        feature_descriptions: Their patterns, motifs and families.
        activations: What the statistics are about.

    Returns:
        `feature_table`, and the same as comma-separated text.
    """
    table = atlases.make_feature_table(
        sae,
        pair_scores,
        named_features,
        feature_statistics,
        feature_clusters,
        feature_descriptions,
        activations.index["n_rows"],
    )
    return table, atlases.feature_csv(table)


def make_atlas(
    sae: saes.SAE,
    annotated_proteins: ca.AnnotatedProteins,
    feature_table: pd.DataFrame,
    call_precision: pd.DataFrame,
    protein_profiles: pd.DataFrame,
    example_proteins: pd.DataFrame,
    settings: atlases.AtlasSettings,
) -> atlases.Atlas:
    """Put what `explain` needs into one portable folder.

    Args:
        sae: The SAE.
        annotated_proteins: The proteins that a query is compared with.
        feature_table: What is known of each feature.
        call_precision: How precise calls of concepts are.
        protein_profiles: What stands out in each protein.
        example_proteins: The best known proteins of each feature.
        settings: Where the PLM comes from; licence and sources.

    Returns:
        The atlas.
    """
    return atlases.make_atlas(
        sae,
        annotated_proteins,
        feature_table,
        call_precision,
        protein_profiles,
        example_proteins,
        settings,
    )


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
    feature_table: pd.DataFrame,
    feature_motifs: pd.DataFrame,
    feature_families: pd.DataFrame,
    map_agreement: pd.DataFrame,
    end_effects: pd.DataFrame,
    missing_annotations: pd.DataFrame,
    recovered_annotations: pd.DataFrame,
    probe_report: pd.DataFrame,
    feature_ladder: pd.DataFrame,
    glycine_repeats: pd.DataFrame,
    structure_tests: pd.DataFrame,
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
            feature_table=feature_table,
            feature_motifs=feature_motifs,
            feature_families=feature_families,
            map_agreement=map_agreement,
            end_effects=end_effects,
            missing_annotations=missing_annotations,
            recovered_annotations=recovered_annotations,
            probe_report=probe_report,
            feature_ladder=feature_ladder,
            glycine_repeats=glycine_repeats,
            structure_tests=structure_tests,
        )
    )
