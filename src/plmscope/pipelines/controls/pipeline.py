"""Wiring: random PLM and shuffled sequences -> more controls; planted motifs -> their report."""

from __future__ import annotations

from typing import Any

from kedro.pipeline import Node, Pipeline

from plmscope.pipelines.controls.nodes import (
    embed_shuffled_sequences,
    embed_with_random_plm,
    gather_controls,
    plant_motifs,
    probe_planted,
    report_planted,
    score_control,
    train_control_sae,
)
from plmscope.pipelines.embedding.nodes import embed_proteins
from plmscope.pipelines.ingestion.nodes import join_annotations

SCORED = ["annotated_proteins", "params:counting", "params:scoring", "params:uncertainty"]


def create_pipeline(**kwargs: Any) -> Pipeline:  # noqa: ARG001
    """Run after concept_analysis: `kedro run --pipelines controls`."""
    return Pipeline(
        [
            Node(
                embed_with_random_plm,
                ["proteins", "plm", "params:embedding", "params:controls"],
                "random_plm_activations",
                name="embed_with_random_plm",
            ),
            Node(
                train_control_sae,
                ["random_plm_activations", "proteins", "sae_config"],
                "random_plm_sae",
                name="train_random_plm_sae",
            ),
            Node(
                embed_shuffled_sequences,
                ["proteins", "plm", "params:embedding", "params:controls"],
                "shuffled_activations",
                name="embed_shuffled_sequences",
            ),
            Node(
                score_control,
                ["random_plm_activations", "random_plm_sae", *SCORED],
                ["random_plm_pairs", "random_plm_headline"],
                name="score_random_plm",
            ),
            Node(
                score_control,
                ["shuffled_activations", "sae", *SCORED],
                ["shuffled_pairs", "shuffled_headline"],
                name="score_shuffled_sequences",
            ),
            Node(
                gather_controls,
                [
                    "control_report",
                    "concept_summary",
                    "random_plm_pairs",
                    "random_plm_headline",
                    "shuffled_pairs",
                    "shuffled_headline",
                ],
                ["full_control_report", "full_control_headlines"],
                name="gather_controls",
            ),
            Node(
                plant_motifs,
                ["proteins", "params:planting"],
                ["planted_proteins", "planted_annotations", "planted_concepts"],
                name="plant_motifs",
            ),
            Node(
                join_annotations,
                ["planted_proteins", "planted_annotations", "planted_concepts"],
                "annotated_planted",
                name="join_planted",
            ),
            Node(
                embed_proteins,
                ["planted_proteins", "plm", "params:embedding"],
                "planted_activations",
                name="embed_planted",
            ),
            Node(
                train_control_sae,
                ["planted_activations", "planted_proteins", "sae_config"],
                "planted_sae",
                name="train_planted_sae",
            ),
            Node(
                report_planted,
                [
                    "planted_activations",
                    "planted_sae",
                    "annotated_planted",
                    "params:counting",
                    "params:scoring",
                    "params:planting",
                ],
                "planted_report",
                name="report_planted",
            ),
            Node(
                probe_planted,
                [
                    "planted_activations",
                    "planted_sae",
                    "annotated_planted",
                    "params:counting",
                    "params:scoring",
                    "params:uncertainty",
                    "params:probes",
                ],
                "planted_probe_report",
                name="probe_planted",
            ),
        ]
    )
