"""Node of online training."""

from __future__ import annotations

from typing import Any

import pandas as pd

from plmscope import activations as stores
from plmscope import plms, saes, training


def train_sae_online(
    proteins: pd.DataFrame,
    plm: plms.ProteinLanguageModel,
    embedding: stores.EmbeddingSettings,
    activations: stores.ActivationStore,
    sae_config: dict[str, Any],
    checkpoints: training.TrainingCheckpoints,
) -> tuple[saes.SAE, pd.DataFrame]:
    """Train an SAE on the train split, whose proteins are embedded when their residues are needed.

    Args:
        proteins: Which protein is in which split, and their sequences.
        plm: The protein language model.
        embedding: How proteins are embedded.
        activations: What the SAE will be held against: it says which layer it is about.
        sae_config: The run, as `choose_sae_config` writes it.
        checkpoints: Where a killed run is picked up.

    Returns:
        The SAE, and its training history.
    """
    job = stores.embedding_job(proteins[proteins["split"] == "train"], plm, embedding)
    trained = training.train_sae(
        stores.ComputedRows.beside(activations, job),
        training.RunSettings(sae=sae_config["sae"], training=sae_config["training"]),
        checkpoints,
    )
    return trained.sae, trained.history
