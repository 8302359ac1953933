"""The job that stores what a protein language model makes of some proteins."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

from plmscope.activations.job import StoreJob, hash_of_proteins
from plmscope.activations.settings import EmbeddingSettings
from plmscope.plms import ProteinLanguageModel


def embedding_job(
    proteins: pd.DataFrame, plm: ProteinLanguageModel, settings: EmbeddingSettings
) -> StoreJob:
    """Describe the activations of all proteins; nothing is computed before the job is written.

    Args:
        proteins: Columns accession and sequence.
        plm: The protein language model.
        settings: Layers, dtype, sizes.

    Raises:
        PlmError: A layer that the PLM does not have, or a sequence that it cannot take.
    """
    accessions, sequences = tuple(proteins["accession"]), tuple(proteins["sequence"])
    plm.check_layers(settings.layers)
    plm.check_sequences(sequences)
    return StoreJob(
        plm_id=plm.plm_id,
        plm_revision=plm.revision,
        d_model=plm.d_model,
        token_rule=plm.token_rule,
        layers=settings.layers,
        dtype=settings.dtype,
        accessions=accessions,
        lengths=tuple(map(len, sequences)),
        proteins_hash=hash_of_proteins(accessions, sequences),
        shard_residues=settings.shard_residues,
        compute=_EmbedShard(plm, sequences, settings.max_tokens),
    )


@dataclass(frozen=True)
class _EmbedShard:
    plm: ProteinLanguageModel
    sequences: tuple[str, ...]
    max_tokens: int

    def __call__(
        self, proteins: range, layers: Sequence[int]
    ) -> dict[int, Float[Tensor, "n_residues d_model"]]:
        sequences = self.sequences[proteins.start : proteins.stop]
        embedded = self.plm.embed(sequences, layers, max_tokens=self.max_tokens)
        return {
            layer: torch.cat([protein[layer].cpu() for protein in embedded]) for layer in layers
        }
