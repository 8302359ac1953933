"""Nodes of the embedding pipeline."""

from __future__ import annotations

import pandas as pd

from plmscope import activations, plms


def embed_proteins(
    proteins: pd.DataFrame,
    plm: plms.ProteinLanguageModel,
    settings: activations.EmbeddingSettings,
) -> activations.StoreJob:
    """Describe the activations of all proteins; saving the description computes them.

    The whole does not fit in memory, so the dataset computes and writes it shard by shard, and
    only the shards that are not there yet.

    Args:
        proteins: Columns accession, sequence and origin.
        plm: The protein language model.
        settings: Layers, dtype, sizes, and whether the corpus is stored.

    Returns:
        The job.
    """
    if settings.corpus:
        return activations.embedding_job(proteins, plm, settings)
    return activations.annotated_job(proteins, plm, settings)
