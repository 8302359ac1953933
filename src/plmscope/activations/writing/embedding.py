"""The job that stores what a protein language model makes of some proteins."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

from plmscope.activations.settings import EmbeddingSettings
from plmscope.activations.store.manifest import ActivationStoreError
from plmscope.activations.writing.job import StoreJob
from plmscope.plms import PlmError, ProteinLanguageModel
from plmscope.proteins import hash_of_proteins


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
    plm.check_sequences(sequences, settings.long_sequences)
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
        long_sequences=settings.long_sequences,
        executor=settings.executor,
        compute=_EmbedShard(plm, accessions, sequences, settings),
    )


def annotated_job(
    proteins: pd.DataFrame, plm: ProteinLanguageModel, settings: EmbeddingSettings
) -> StoreJob:
    """As `embedding_job`, without the proteins of the corpus.

    Args:
        proteins: Columns accession, sequence and origin.
        plm: The protein language model.
        settings: Layers, dtype, sizes.

    Raises:
        ActivationStoreError: There are no others.
        PlmError: As `embedding_job`.
    """
    annotated = proteins[proteins["origin"] == "annotated"]
    if annotated.empty:
        raise ActivationStoreError(
            "embedding.corpus is false, but all proteins are of the corpus, so that none would be"
            " stored. Give a UniProtKB table, or set it to true."
        )
    return replace(embedding_job(annotated, plm, settings), corpus=False)


@dataclass(frozen=True)
class _EmbedShard:
    plm: ProteinLanguageModel
    accessions: tuple[str, ...]
    sequences: tuple[str, ...]
    settings: EmbeddingSettings

    def __call__(
        self, proteins: Sequence[int], layers: Sequence[int]
    ) -> dict[int, Float[Tensor, "n_residues d_model"]]:
        try:
            embedded = self._embed(proteins, layers)
        except Exception:
            self._name_culprit(proteins, layers)
            raise
        return {
            layer: torch.cat([protein[layer].cpu() for protein in embedded]) for layer in layers
        }

    def _embed(self, proteins: Sequence[int], layers: Sequence[int]) -> list[dict[int, Tensor]]:
        sequences = [self.sequences[position] for position in proteins]
        return self.plm.embed(
            sequences, layers, self.settings.max_tokens, self.settings.long_sequences
        )

    def _name_culprit(self, proteins: Sequence[int], layers: Sequence[int]) -> None:
        """Embed each protein alone and name the one that fails, after they failed together.

        If each works, they were too many at once; if none of several does, it is not a protein's
        fault. Then this returns.

        Raises:
            PlmError: Naming the protein.
        """
        failed: dict[int, Exception] = {}
        for position in proteins:
            try:
                self._embed([position], layers)
            except Exception as error:
                failed[position] = error
        if failed and not len(failed) == len(proteins) > 1:
            position, reason = next(iter(failed.items()))
            accession = self.accessions[position]
            raise PlmError(
                f"{self.plm.plm_id} cannot embed {accession} ({type(reason).__name__}: {reason})."
                f" Leave it out: kedro run --params ingestion.exclude={accession}"
            ) from reason
