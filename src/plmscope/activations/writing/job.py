"""What is to be stored: an immutable description, with the function that computes it."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

from plmscope.activations.settings import StoreDtype
from plmscope.activations.store.index import make_index
from plmscope.activations.store.manifest import ShardRecord, StoreManifest
from plmscope.disk.files import sha256_of_json
from plmscope.executors.settings import ExecutorSettings
from plmscope.plms.windows import LongSequences

Compute = Callable[
    [Sequence[int], Sequence[int]], Mapping[int, Float[Tensor, "n_residues d_model"]]
]


@dataclass(frozen=True)
class StoreJob:
    """What the stores of one PLM hold, layer by layer, and how to compute a shard.

    Args:
        plm_id: The protein language model.
        plm_revision: Its hub commit, or the hash of its weights.
        d_model: Width of an activation.
        token_rule: Which tokens have a row.
        layers: Layers to store.
        dtype: How activations are stored.
        accessions: The proteins, in store order.
        lengths: Residues of each protein.
        proteins_hash: Of the accessions and sequences; see `plmscope.proteins.hash_of_proteins`.
        shard_residues: A shard is closed when it has this many residues.
        compute: `compute(proteins, layers)` gives, for each of the layers, the activations of these
            positions in `accessions`, one protein after the other.
        long_sequences: What is done with proteins that are longer than the PLM takes.
        executor: Where shards are computed; it does not decide what they hold.
        corpus: Whether the proteins of the corpus, if there is one, are among them.
    """

    plm_id: str
    plm_revision: str
    d_model: int
    token_rule: str
    layers: tuple[int, ...]
    dtype: StoreDtype
    accessions: tuple[str, ...]
    lengths: tuple[int, ...]
    proteins_hash: str
    shard_residues: int
    compute: Compute
    long_sequences: LongSequences = "reject"
    executor: ExecutorSettings = field(default_factory=ExecutorSettings)
    corpus: bool = True

    @cached_property
    def shards(self) -> tuple[range, ...]:
        """The proteins of each shard, as ranges over `accessions`."""
        return plan_shards(self.lengths, self.shard_residues)

    @cached_property
    def index(self) -> pd.DataFrame:
        """Where each protein is: accession, shard, first_row, n_rows."""
        return make_index(self.accessions, self.lengths, self.shards)

    def n_residues_of(self, proteins: Sequence[int]) -> int:
        """Residues of some proteins, such as those of a shard."""
        return sum(self.lengths[position] for position in proteins)

    def manifest(
        self, layer: int, shards: tuple[ShardRecord, ...] = (), index_sha256: str = ""
    ) -> StoreManifest:
        """What one layer's store says about itself.

        Args:
            layer: Which layer.
            shards: Its files, as far as there are any.
            index_sha256: Of its index.
        """
        return StoreManifest(
            plm_id=self.plm_id,
            plm_revision=self.plm_revision,
            layer=layer,
            d_model=self.d_model,
            dtype=self.dtype,
            token_rule=self.token_rule,
            long_sequences=self.long_sequences,
            corpus=self.corpus,
            content_hash=self.content_hash(layer),
            proteins_hash=self.proteins_hash,
            index_sha256=index_sha256,
            shards=shards,
        )

    def content_hash(self, layer: int) -> str:
        """The sha256 of everything that decides the content of one layer's store."""
        return sha256_of_json(
            self.plm_id,
            self.plm_revision,
            self.d_model,
            self.token_rule,
            layer,
            self.dtype,
            self.proteins_hash,
            self.shard_residues,
            *([self.long_sequences] if self.long_sequences != "reject" else []),
        )


def plan_shards(lengths: Sequence[int], shard_residues: int) -> tuple[range, ...]:
    """Cut proteins, in their order, into shards of at least `shard_residues` residues.

    Args:
        lengths: Residues of each protein.
        shard_residues: A shard is closed by the protein that brings it to this size; the last
            one may be smaller.

    Returns:
        The proteins of each shard: consecutive ranges that cover all proteins.
    """
    ends = []
    n_residues = 0
    for position, length in enumerate(lengths, start=1):
        n_residues += length
        if n_residues >= shard_residues or position == len(lengths):
            ends.append(position)
            n_residues = 0
    return tuple(range(start, end) for start, end in zip([0, *ends[:-1]], ends, strict=True))


def job_from_arrays(
    arrays: Mapping[str, Float[np.ndarray, "n_residues d_model"]],
    *,
    plm_id: str,
    layer: int,
    plm_revision: str = "",
    token_rule: str = "residues only",
    dtype: StoreDtype = "float32",
    shard_residues: int = 32768,
) -> StoreJob:
    """Store activations that were computed elsewhere.

    Args:
        arrays: The activations of each protein, by accession.
        plm_id: The protein language model they come from.
        layer: Its layer.
        plm_revision: Its hub commit, or the hash of its weights.
        token_rule: Which tokens have a row.
        dtype: How activations are stored.
        shard_residues: A shard is closed when it has this many residues.
    """
    values = [np.ascontiguousarray(array, dtype=np.float32) for array in arrays.values()]

    def compute(proteins: Sequence[int], layers: Sequence[int]) -> dict[int, Tensor]:
        x = np.concatenate([values[position] for position in proteins])
        return dict.fromkeys(layers, torch.from_numpy(x))

    return StoreJob(
        plm_id=plm_id,
        plm_revision=plm_revision,
        d_model=values[0].shape[1],
        token_rule=token_rule,
        layers=(layer,),
        dtype=dtype,
        accessions=tuple(arrays),
        lengths=tuple(len(array) for array in values),
        proteins_hash=sha256_of_json(
            list(arrays), [hashlib.sha256(array.data).hexdigest() for array in values]
        ),
        shard_residues=shard_residues,
        compute=compute,
    )
