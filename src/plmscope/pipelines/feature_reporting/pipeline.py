"""Wiring: survey -> examples, patterns, motifs, families -> feature table -> atlas, report."""

from __future__ import annotations

from typing import Any

from kedro.pipeline import Node, Pipeline

from plmscope.pipelines.feature_reporting.nodes import (
    bound_feature_pairs,
    describe_features,
    examine_named_features,
    group_features,
    learn_motifs,
    make_atlas,
    make_feature_table,
    profile_proteins,
    survey_features,
    trace_examples,
    write_report,
)

REPORTED = [
    "sae_search_trials",
    "sae_search_history_plot",
    "sae_search_front_plot",
    "sae_search_importances_plot",
    "sae_search_slices_plot",
    "sae_search_parallel_plot",
    "sae_config",
    "sae",
    "proteins",
    "annotations",
    "concepts",
    "pair_scores",
    "concept_report",
    "control_report",
    "sae_evaluation",
    "training_history",
    "ingestion_report",
    "feature_statistics",
    "feature_examples",
    "feature_table",
    "feature_motifs",
    "feature_families",
    "map_agreement",
    "end_effects",
    "missing_annotations",
    "recovered_annotations",
    "probe_report",
    "feature_ladder",
    "glycine_repeats",
    "structure_tests",
]


def create_pipeline(**kwargs: Any) -> Pipeline:  # noqa: ARG001
    """One pass over the store for the statistics, one over the chosen proteins, one page."""
    return Pipeline(
        [
            Node(
                survey_features,
                ["activations", "sae", "proteins", "params:reporting", "params:patterns"],
                [
                    "feature_statistics",
                    "example_proteins",
                    "feature_patterns",
                    "feature_peaks",
                    "feature_coactivation",
                    "end_effects",
                ],
                name="survey_features",
            ),
            Node(
                learn_motifs,
                ["feature_peaks", "proteins", "sae", "params:motifs"],
                "feature_motifs",
                name="learn_motifs",
            ),
            Node(
                group_features,
                [
                    "sae",
                    "feature_patterns",
                    "feature_coactivation",
                    "named_features",
                    "params:families",
                ],
                ["feature_map", "feature_families", "map_agreement"],
                name="group_features",
            ),
            Node(
                describe_features,
                [
                    "feature_patterns",
                    "feature_motifs",
                    "feature_map",
                    "feature_families",
                    "feature_peaks",
                    "annotated_proteins",
                    "feature_ladder",
                ],
                "feature_descriptions",
                name="describe_features",
            ),
            Node(
                trace_examples,
                ["activations", "sae", "example_proteins", "params:reporting"],
                "feature_examples",
                name="trace_examples",
            ),
            Node(
                examine_named_features,
                [
                    "activations",
                    "sae",
                    "annotated_proteins",
                    "pair_scores",
                    "params:counting",
                    "params:uncertainty",
                ],
                "named_features",
                name="examine_named_features",
            ),
            Node(
                bound_feature_pairs,
                [
                    "activations",
                    "sae",
                    "annotated_proteins",
                    "pair_scores",
                    "params:counting",
                    "params:uncertainty",
                ],
                "feature_pairs",
                name="bound_feature_pairs",
            ),
            Node(
                profile_proteins,
                ["activations", "sae", "feature_statistics", "proteins", "params:reporting"],
                ["protein_profiles", "feature_clusters"],
                name="profile_proteins",
            ),
            Node(
                make_feature_table,
                [
                    "sae",
                    "pair_scores",
                    "named_features",
                    "feature_statistics",
                    "feature_clusters",
                    "feature_descriptions",
                    "activations",
                ],
                ["feature_table", "feature_table_csv"],
                name="make_feature_table",
            ),
            Node(
                make_atlas,
                [
                    "sae",
                    "annotated_proteins",
                    "feature_table",
                    "call_precision",
                    "protein_profiles",
                    "example_proteins",
                    "params:atlas_card",
                ],
                "atlas",
                name="make_atlas",
            ),
            Node(write_report, {name: name for name in REPORTED}, "report", name="write_report"),
        ]
    )
