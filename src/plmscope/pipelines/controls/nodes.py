"""Nodes of the controls that need other activations or another SAE."""

from __future__ import annotations

from typing import Any

import pandas as pd

from plmscope import activations as stores
from plmscope import concepts as ca
from plmscope import plms, probes, saes, training
from plmscope.pipelines.embedding.nodes import embed_proteins


def embed_with_random_plm(
    proteins: pd.DataFrame,
    plm: plms.ProteinLanguageModel,
    embedding: stores.EmbeddingSettings,
    settings: ca.ControlSettings,
) -> stores.StoreJob:
    """Describe the activations of a PLM with permuted weights; saving computes them.

    Args:
        proteins: The `proteins` table, whose sequences are embedded.
        plm: Its weights are on its device.
        embedding: Layers, dtype, sizes.
        settings: Seed of the permutation.

    Returns:
        The job.
    """
    return embed_proteins(proteins, plms.randomise_weights(plm, settings.seed), embedding)


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
        proteins: The `proteins` table, whose sequences are embedded.
        plm: Its weights are on its device.
        embedding: Layers, dtype, sizes.
        settings: Seed of the order.

    Returns:
        The job.
    """
    held_out = proteins[proteins["split"] != "train"]
    return stores.embedding_job(ca.shuffle_sequences(held_out, settings.seed), plm, embedding)


def score_control(
    activations: stores.ActivationStore,
    sae: saes.SAE,
    annotated_proteins: ca.AnnotatedProteins,
    counting: ca.CountingSettings,
    scoring: ca.ScoringSettings,
    uncertainty: ca.UncertaintySettings,
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Count and score a control in the same way as the SAE that is controlled.

    Args:
        activations: What is encoded.
        sae: What encodes it.
        annotated_proteins: The proteins, what is known of them, the kept concepts.
        counting: Thresholds, block size.
        scoring: Thresholds frozen on valid, or InterPLM's protocol.
        uncertainty: Of the intervals.

    Returns:
        The best pair of each concept, and its `concepts.Headline`.
    """
    held_out = ca.held_out_features(activations, sae, annotated_proteins)
    best, headline = ca.score_control(
        held_out, annotated_proteins.cluster_of, counting, scoring, uncertainty
    )
    return best, headline.model_dump()


def gather_controls(
    control_report: pd.DataFrame,
    concept_summary: dict[str, Any],
    random_plm_pairs: pd.DataFrame,
    random_plm_headline: dict[str, Any],
    shuffled_pairs: pd.DataFrame,
    shuffled_headline: dict[str, Any],
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Add the SAE of the random PLM and the shuffled sequences to the table of controls.

    Args:
        control_report: The SAE and the cheap controls.
        concept_summary: What these add up to.
        random_plm_pairs: Best pairs of the SAE trained on the PLM with permuted weights.
        random_plm_headline: What they add up to.
        shuffled_pairs: Best pairs of the SAE on held-out proteins with shuffled residues.
        shuffled_headline: What they add up to.

    Returns:
        The table with random_plm and shuffled_sequences, and the `concepts.Headline` of all in it.
    """
    pairs = {"random_plm": random_plm_pairs, "shuffled_sequences": shuffled_pairs}
    headlines = {"random_plm": random_plm_headline, "shuffled_sequences": shuffled_headline}
    known = {"sae": concept_summary["sae"]} | concept_summary["controls"]
    return ca.append_controls(control_report, ca.name_controls(pairs)), known | headlines


def plant_motifs(
    proteins: pd.DataFrame, settings: ca.PlantingSettings
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Plant motifs into the proteins of all splits.

    Args:
        proteins: The `proteins` table, whose sequences are embedded.
        settings: Which motifs, in how many proteins.

    Returns:
        Proteins, annotations and concepts.
    """
    planted = ca.plant_motifs(proteins, settings)
    return planted.proteins, planted.annotations, planted.concepts


def report_planted(
    planted_activations: stores.ActivationStore,
    planted_sae: saes.SAE,
    annotated_planted: ca.AnnotatedProteins,
    counting: ca.CountingSettings,
    scoring: ca.ScoringSettings,
    settings: ca.PlantingSettings,
) -> pd.DataFrame:
    """Say of each planted motif whether it is recovered, split, absorbed.

    Args:
        planted_activations: Activations of the proteins with motifs.
        planted_sae: The SAE trained on them.
        annotated_planted: The proteins, where the motifs are, the motifs and their variants.
        counting: Thresholds, block size.
        scoring: Thresholds frozen on valid, or InterPLM's protocol.
        settings: What it takes to stand for a motif.

    Returns:
        One row a motif.
    """
    held_out = ca.held_out_features(planted_activations, planted_sae, annotated_planted)
    pairs = ca.score_held_out(held_out, counting, scoring)
    return ca.report_planted(held_out["test"], pairs, counting, settings)


def probe_planted(
    planted_activations: stores.ActivationStore,
    planted_sae: saes.SAE,
    annotated_planted: ca.AnnotatedProteins,
    counting: ca.CountingSettings,
    scoring: ca.ScoringSettings,
    uncertainty: ca.UncertaintySettings,
    settings: probes.ProbeSettings,
) -> pd.DataFrame:
    """Put the planted motifs through the table of what the PLM knows.

    Args:
        planted_activations: Activations of the proteins with motifs.
        planted_sae: The SAE trained on them.
        annotated_planted: The proteins, where the motifs are, the motifs and their variants.
        counting: Thresholds, block size.
        scoring: Thresholds frozen on valid, or InterPLM's protocol.
        uncertainty: Of the intervals.
        settings: Of the probes.

    Returns:
        `planted_probe_report`: as `probe_report`, without a random split.
    """
    train = annotated_planted.of_split("train")["accession"]
    neurons = ca.fit_baseline("identity", planted_activations.select(train), counting)
    singles = {
        name: ca.score_control(
            ca.held_out_features(planted_activations, encoder, annotated_planted),
            annotated_planted.cluster_of,
            counting,
            scoring,
            uncertainty,
        )[0]
        for name, encoder in (("best_feature", planted_sae), ("best_neuron", neurons))
    }
    given = (annotated_planted, settings, uncertainty)
    return probes.report_probes(
        probes.probe_activations(planted_activations, *given),
        probes.probe_features(planted_activations, planted_sae, *given),
        singles,
        annotated_planted.concepts.assign(counted=True),
        settings,
    )
