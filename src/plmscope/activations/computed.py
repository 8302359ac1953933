"""Activations that are computed when they are asked for, and stored nowhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from jaxtyping import Float, Int64
from torch import Tensor

from plmscope.activations.store.manifest import ActivationStoreError, StoreManifest
from plmscope.activations.store.store import ActivationStore
from plmscope.activations.writing.computing import compute_activations
from plmscope.activations.writing.job import StoreJob, plan_shards
from plmscope.progress import show_progress
from plmscope.proteins import hash_of_accessions


@dataclass(frozen=True)
class ComputedRows:
    """One layer of a job as numbered rows, like those of the store that the job would write.

    Rows are numbered over the proteins of the job, in its order.

    Args:
        job: The proteins, and what computes their activations.
        layer: Which layer.
    """

    job: StoreJob
    layer: int

    @classmethod
    def beside(cls, store: ActivationStore, job: StoreJob) -> "ComputedRows":
        """Activations of other proteins, as those of a store are.

        Args:
            store: Says which layer.
            job: What computes them.

        Raises:
            ActivationStoreError: The job is not embedded as the store was.
        """
        layer, found = store.manifest.layer, store.manifest
        wanted = job.manifest(layer)
        for field in ("plm_id", "plm_revision", "token_rule", "long_sequences"):
            if getattr(found, field) != getattr(wanted, field):
                raise ActivationStoreError(
                    f"{store.folder} has {field} {getattr(found, field)}, but the proteins to train"
                    f" on would be embedded with {getattr(wanted, field)}. Embed anew:"
                    " kedro run --pipelines embedding"
                )
        return cls(job, layer)

    @property
    def is_stored(self) -> bool:
        """Whether rows are read, so that every pass over them costs little."""
        return False

    @property
    def n_residues(self) -> int:
        """Rows of all proteins."""
        return int(self._offsets[-1])

    @property
    def d_model(self) -> int:
        """Width of an activation."""
        return self.job.d_model

    @property
    def index(self) -> pd.DataFrame:
        """As the index of the store."""
        return self.job.index

    @property
    def manifest(self) -> StoreManifest:
        """What the store would say about itself, without files."""
        return self.job.manifest(self.layer)

    @property
    def split_hash(self) -> str:
        """What an SAE trained on these proteins says of its train split."""
        return hash_of_accessions(self.job.accessions)

    def chunk_edges(self, max_rows: int) -> Int64[np.ndarray, " n_proteins_plus_1"]:  # noqa: ARG002
        """Where to cut the rows: between proteins, as each is computed whole."""
        return self._offsets

    def read_ranges(
        self, ranges: Int64[np.ndarray, "n_ranges 2"], out: Float[Tensor, "n_rows d_model"]
    ) -> Float[Tensor, "n_rows d_model"]:
        """Compute stretches of rows, one after the other.

        A shard of proteins is computed at a time. Where the ranges are all rows, these are the
        shards of the store, with the same values to the last bit, unless the store rounds.

        Args:
            ranges: First row of each, and the row behind its last.
            out: Float32, contiguous; filled in place.

        Returns:
            `out`.

        Raises:
            ActivationStoreError: As `compute_activations`.
        """
        pieces = self._pieces(ranges)
        lengths = [self.job.lengths[protein] for protein, _, _ in pieces]
        filled = 0
        with show_progress("Embedding", len(out), "residue") as progress:
            for group in plan_shards(lengths, self.job.shard_residues):
                some = pieces[group.start : group.stop]
                n_rows = sum(last - first for _, first, last in some)
                self._compute(some, out[filled : filled + n_rows])
                filled += n_rows
                progress.update(n_rows)
        return out

    def _compute(self, pieces: Sequence["_Piece"], out: Float[Tensor, "n_rows d_model"]) -> None:
        proteins = [protein for protein, _, _ in pieces]
        x = compute_activations(self.job, proteins, [self.layer])[self.layer]
        start = filled = 0
        for protein, first, last in pieces:
            out[filled : filled + last - first] = x[start + first : start + last]
            start += self.job.lengths[protein]
            filled += last - first

    def _pieces(self, ranges: Int64[np.ndarray, "n_ranges 2"]) -> list["_Piece"]:
        """Each protein of each range."""
        offsets = self._offsets
        first_proteins = np.searchsorted(offsets, ranges[:, 0], side="right") - 1
        last_proteins = np.searchsorted(offsets, ranges[:, 1], side="left")
        return [
            (
                protein,
                max(0, int(first - offsets[protein])),
                min(self.job.lengths[protein], int(last - offsets[protein])),
            )
            for (first, last), start, stop in zip(
                ranges, first_proteins.tolist(), last_proteins.tolist(), strict=True
            )
            for protein in range(start, stop)
        ]

    @cached_property
    def _offsets(self) -> Int64[np.ndarray, " n_proteins_plus_1"]:
        return np.concatenate([[0], np.cumsum(self.job.lengths, dtype=np.int64)])


_Piece = tuple[int, int, int]
"""A protein, its first wanted residue, and one past the last."""
