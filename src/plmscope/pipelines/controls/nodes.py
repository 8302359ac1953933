"""Nodes of the controls that need other activations or another SAE."""

from __future__ import annotations

from typing import Any

import pandas as pd

from plmscope import activations as stores
from plmscope import concepts as ca
from plmscope import plms, saes, training


def embed_with_random_plm(
    proteins: pd.DataFrame,
    plm: plms.ProteinLanguageModel,
    embedding: stores.EmbeddingSettings,
    settings: ca.ControlSettings,
) -> stores.StoreJob:
    """Describe the activations of a PLM with permuted weights; saving computes them.

    Args:
        proteins: The proteins.
        plm: The PLM.
        embedding: Layers, dtype, sizes.
        settings: Seed of the permutation.

    Returns:
        The job.
    """
    return stores.embedding_job(proteins, plms.randomise_weights(plm, settings.seed), embedding)


def train_control_sae(
    activations: stores.ActivationStore, proteins: pd.DataFrame, sae_config: dict[str, Any]
) -> saes.SAE:
    """Train an SAE on a control's activations with the settings of the SAE that is controlled.

    Args:
        activations: The control's activations.
        proteins: Which protein is in which split.
        sae_config: Architecture and training settings.

    Returns:
        The SAE.
    """
    train = proteins.loc[proteins["split"] == "train", "accession"]
    trained = training.train_sae(
        activations.select(train),
        training.RunSettings(sae=sae_config["sae"], training=sae_config["training"]),
    )
    return trained.sae


def embed_shuffled_sequences(
    proteins: pd.DataFrame,
    plm: plms.ProteinLanguageModel,
    embedding: stores.EmbeddingSettings,
    settings: ca.ControlSettings,
) -> stores.StoreJob:
    """Describe the activations of held-out proteins whose residues are in random order.

    Args:
        proteins: The proteins.
        plm: The PLM.
        embedding: Layers, dtype, sizes.
        settings: Seed of the order.

    Returns:
        The job.
    """
    held_out = proteins[proteins["split"] != "train"]
    return stores.embedding_job(ca.shuffle_sequences(held_out, settings.seed), plm, embedding)


def score_more_controls(
    random_plm_activations: stores.ActivationStore,
    random_plm_sae: saes.SAE,
    shuffled_activations: stores.ActivationStore,
    sae: saes.SAE,
    proteins: pd.DataFrame,
    annotations: pd.DataFrame,
    concepts: pd.DataFrame,
    control_report: pd.DataFrame,
    concept_summary: dict[str, Any],
    counting: ca.CountingSettings,
    scoring: ca.ScoringSettings,
    uncertainty: ca.UncertaintySettings,
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Add the SAE of the random PLM and the shuffled sequences to the table of controls.

    Args:
        random_plm_activations: Of the PLM with permuted weights.
        random_plm_sae: The SAE trained on them.
        shuffled_activations: Of the PLM, on held-out proteins with shuffled residues.
        sae: The SAE that is controlled.
        proteins: Sequences, splits and homology clusters.
        annotations: What is known of their residues.
        concepts: Which concepts are kept.
        control_report: The SAE and the cheap controls.
        concept_summary: What these add up to.
        counting: Thresholds, block size.
        scoring: The protocol.
        uncertainty: Of the intervals.

    Returns:
        The table with random_plm and shuffled_sequences, and the `concepts.Headline` of all in it.
    """
    labels = ca.label_held_out(proteins, annotations, concepts)
    compared = {
        "random_plm": (random_plm_sae, random_plm_activations),
        "shuffled_sequences": (sae, shuffled_activations),
    }
    controls = {
        name: ca.Comparison.of_store(encoder, store, labels)
        for name, (encoder, store) in compared.items()
    }
    cluster_of = proteins.set_index("accession")["cluster"]
    full_report, headlines = ca.add_controls(
        control_report, controls, cluster_of, counting, scoring, uncertainty
    )
    added = {name: headline.model_dump() for name, headline in headlines.items()}
    return full_report, {"sae": concept_summary["sae"]} | concept_summary["controls"] | added


def plant_motifs(
    proteins: pd.DataFrame, settings: ca.PlantingSettings
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Plant motifs into the proteins of all splits.

    Args:
        proteins: The proteins.
        settings: Which motifs, in how many proteins.

    Returns:
        Proteins, annotations and concepts.
    """
    planted = ca.plant_motifs(proteins, settings)
    return planted.proteins, planted.annotations, planted.concepts


def report_planted(
    planted_activations: stores.ActivationStore,
    planted_sae: saes.SAE,
    planted_proteins: pd.DataFrame,
    planted_annotations: pd.DataFrame,
    planted_concepts: pd.DataFrame,
    counting: ca.CountingSettings,
    scoring: ca.ScoringSettings,
    settings: ca.PlantingSettings,
) -> pd.DataFrame:
    """Say of each planted motif whether it is recovered, split, absorbed.

    Args:
        planted_activations: Activations of the proteins with motifs.
        planted_sae: The SAE trained on them.
        planted_proteins: The proteins.
        planted_annotations: Where the motifs are.
        planted_concepts: The motifs and their variants.
        counting: Thresholds, block size.
        scoring: The protocol.
        settings: What it takes to stand for a motif.

    Returns:
        One row a motif.
    """
    labels = ca.label_held_out(planted_proteins, planted_annotations, planted_concepts)
    planted = ca.Comparison.of_store(planted_sae, planted_activations, labels)
    counts = planted.overlap_counts(counting)
    return ca.report_planted(
        planted.sources["test"],
        planted_sae,
        labels["test"],
        ca.score_pairs(counts["valid"], counts["test"], scoring),
        counting,
        settings,
    )
