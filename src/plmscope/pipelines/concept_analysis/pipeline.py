"""Wiring: counts per split -> pair scores -> best pairs, beside controls and suggestions."""

from __future__ import annotations

from typing import Any

from kedro.pipeline import Node, Pipeline

from plmscope.pipelines.concept_analysis.nodes import (
    assess_significance,
    call_concepts,
    compare_with_controls,
    count_held_out_overlaps,
    examine_best_pairs,
    plot_concepts,
    recover_hidden_annotations,
    report_concepts,
    score_controls,
    score_feature_concept_pairs,
    summarise_concepts,
)

ANALYSED = ["activations", "sae", "annotated_proteins"]


def create_pipeline(**kwargs: Any) -> Pipeline:  # noqa: ARG001
    """Everything is chosen on valid and scored once on test, by the same code for all encoders."""
    return Pipeline(
        [
            Node(
                count_held_out_overlaps,
                [*ANALYSED, "params:counting"],
                ["valid_overlap_counts", "test_overlap_counts"],
                name="count_held_out_overlaps",
            ),
            Node(
                score_feature_concept_pairs,
                ["valid_overlap_counts", "test_overlap_counts", "params:scoring"],
                "scored_pairs",
                name="score_feature_concept_pairs",
            ),
            Node(
                assess_significance,
                ["scored_pairs", *ANALYSED, "params:counting", "params:uncertainty"],
                "pair_scores",
                name="assess_significance",
            ),
            Node(
                report_concepts,
                ["pair_scores", "valid_overlap_counts", "test_overlap_counts"],
                "best_pairs",
                name="report_concepts",
            ),
            Node(
                examine_best_pairs,
                [
                    "best_pairs",
                    *ANALYSED,
                    "leakage_audit",
                    "params:counting",
                    "params:uncertainty",
                ],
                ["concept_report", "leakage_report"],
                name="examine_best_pairs",
            ),
            Node(
                score_controls,
                [
                    *ANALYSED,
                    "params:counting",
                    "params:scoring",
                    "params:uncertainty",
                    "params:controls",
                ],
                ["control_pairs", "control_headlines"],
                name="score_controls",
            ),
            Node(
                compare_with_controls,
                ["concept_report", "control_pairs"],
                "control_report",
                name="compare_with_controls",
            ),
            Node(
                call_concepts,
                [*ANALYSED, "concept_report", "params:counting", "params:suggestions"],
                ["missing_annotations", "missing_annotations_csv", "call_precision", "test_calls"],
                name="call_concepts",
            ),
            Node(
                recover_hidden_annotations,
                [*ANALYSED, "concept_report", "params:counting", "params:suggestions"],
                "recovered_annotations",
                name="recover_hidden_annotations",
            ),
            Node(
                summarise_concepts,
                [
                    "pair_scores",
                    "concept_report",
                    "control_headlines",
                    "concepts",
                    "leakage_audit",
                ],
                "concept_summary",
                name="summarise_concepts",
            ),
            Node(
                plot_concepts,
                ["concept_report", "control_report", "test_overlap_counts"],
                [
                    "control_plot",
                    "category_plot",
                    "precision_recall_plot",
                    "threshold_plot",
                ],
                name="plot_concepts",
            ),
        ]
    )
