"""Nodes of SAE evaluation."""

from __future__ import annotations

from typing import Any

from plmscope import activations as stores
from plmscope import plms, saes, training
from plmscope import proteins as pr


def embed_evaluated_proteins(
    fasta: pr.ProteinTables, plm: plms.ProteinLanguageModel, settings: stores.EmbeddingSettings
) -> stores.StoreJob:
    """Describe the activations of a FASTA file's proteins; saving the description computes them.

    Args:
        fasta: Accessions and sequences to embed.
        plm: The protein language model.
        settings: Layers, dtype, sizes.

    Returns:
        The job.
    """
    return stores.embedding_job(fasta.proteins, plm, settings)


def evaluate_chosen_sae(
    sae: saes.SAE,
    activations: stores.ActivationStore,
    fasta: pr.ProteinTables,
    plm: plms.ProteinLanguageModel,
    settings: training.EvaluationSettings,
) -> dict[str, Any]:
    """Evaluate an SAE on activations that it need not have been trained on.

    Args:
        sae: Scaled to the maxima of its features, on its device.
        activations: What is encoded and reconstructed.
        fasta: Their proteins' sequences. With none, fidelity is not measured.
        plm: The PLM that the activations come from.
        settings: Thresholds, fidelity.

    Returns:
        A `training.SAEEvaluation`.
    """
    sequences = fasta.proteins.set_index("accession")["sequence"]
    return training.evaluate_sae(
        sae, activations, settings, plm, sequences if len(sequences) else None
    ).model_dump(mode="json")
