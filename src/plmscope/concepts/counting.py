"""Counting where features are on against where concepts are, for all thresholds in one pass."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float, Int64
from scipy.sparse import csr_array
from torch import Tensor
from tqdm import tqdm

from plmscope.activations import ActivationBlock
from plmscope.concepts.errors import CountsMismatchError
from plmscope.concepts.labels import ConceptLabels


class ActivationSource(Protocol):
    """What can be counted over: an activation store, or a baseline that looks like one."""

    @property
    def n_residues(self) -> int:
        """Residues of all proteins."""

    def blocks(self, max_residues: int = ...) -> Iterator[ActivationBlock]:
        """Whole proteins, several at a time."""


class SparseEncoder(Protocol):
    """What turns activations into features: an SAE, or a baseline in its place."""

    @property
    def d_sae(self) -> int:
        """How many features there are."""

    def encode_sparse(
        self, x: Float[Tensor, "n_residues d_model"]
    ) -> tuple[Int64[Tensor, "n_residues k"], Float[Tensor, "n_residues k"]]:
        """Feature numbers and values of each residue, padded with value 0."""


@dataclass(frozen=True, eq=False)
class OverlapCounts:
    """Integer counts of features × concepts × thresholds over some proteins; shards add up.

    Attributes:
        concepts: concept, category, level, n_positive_residues, n_instances.
        thresholds: A feature is on where its value is strictly above the threshold.
        n_residues: Residues of all proteins, annotated or not.
        fires: Residues where a feature is on, [n_features, n_thresholds].
        tp: Of these, residues that carry the concept, [n_concepts, n_features, n_thresholds].
        fires_annotated: Of `fires`, those in proteins that carry the concept; same shape as `tp`.
        instances_hit: Instances of a span-level concept with a residue where the feature is on;
            for a residue-level concept an instance is a residue, so this is `tp`.
    """

    concepts: pd.DataFrame
    thresholds: tuple[float, ...]
    n_residues: int
    fires: Int64[np.ndarray, "n_features n_thresholds"]
    tp: Int64[np.ndarray, "n_concepts n_features n_thresholds"]
    fires_annotated: Int64[np.ndarray, "n_concepts n_features n_thresholds"]
    instances_hit: Int64[np.ndarray, "n_concepts n_features n_thresholds"]

    @property
    def n_features(self) -> int:
        """How many features were counted."""
        return self.fires.shape[0]

    def to_tables(self) -> dict[str, pd.DataFrame]:
        """The same counts in sparse long form.

        Returns:
            concepts: as `concepts`, with n_residues; features: feature, threshold, fires; pairs:
            concept, feature, threshold, tp, fires_annotated, instances_hit, a row wherever the
            feature is on in a protein that carries the concept.
        """
        concept, feature, threshold = np.nonzero(self.fires_annotated)
        thresholds = np.asarray(self.thresholds)
        return {
            "concepts": self.concepts.assign(n_residues=self.n_residues),
            "features": pd.DataFrame(
                {
                    "feature": np.repeat(np.arange(self.n_features), len(thresholds)),
                    "threshold": np.tile(thresholds, self.n_features),
                    "fires": self.fires.ravel(),
                }
            ),
            "pairs": pd.DataFrame(
                {
                    "concept": self.concepts["concept"].iloc[concept].to_numpy(),
                    "feature": feature,
                    "threshold": thresholds[threshold],
                    "tp": self.tp[concept, feature, threshold],
                    "fires_annotated": self.fires_annotated[concept, feature, threshold],
                    "instances_hit": self.instances_hit[concept, feature, threshold],
                }
            ),
        }

    @classmethod
    def from_tables(cls, tables: dict[str, pd.DataFrame]) -> "OverlapCounts":
        """The inverse of `to_tables`."""
        concepts, features, pairs = tables["concepts"], tables["features"], tables["pairs"]
        thresholds = features["threshold"].unique()
        shape = (len(concepts), len(features) // len(thresholds), len(thresholds))
        place = (
            pd.Index(concepts["concept"]).get_indexer(pd.Index(pairs["concept"])),
            pairs["feature"].to_numpy(),
            np.searchsorted(thresholds, pairs["threshold"]),
        )

        def dense(column: str) -> Int64[np.ndarray, "n_concepts n_features n_thresholds"]:
            counts = np.zeros(shape, dtype=np.int64)
            counts[place] = pairs[column]
            return counts

        return cls(
            concepts.drop(columns="n_residues"),
            tuple(thresholds.tolist()),
            int(concepts["n_residues"].iloc[0]),
            features["fires"].to_numpy().reshape(shape[1:]),
            dense("tp"),
            dense("fires_annotated"),
            dense("instances_hit"),
        )

    @property
    def fp(self) -> Int64[np.ndarray, "n_concepts n_features n_thresholds"]:
        """False positives over all proteins, with or without the concept."""
        return self.fires - self.tp

    @property
    def fp_annotated(self) -> Int64[np.ndarray, "n_concepts n_features n_thresholds"]:
        """False positives in the proteins that carry the concept."""
        return self.fires_annotated - self.tp

    def check_comparable(self, other: "OverlapCounts") -> None:
        """Refuse counts that are about something else.

        Raises:
            CountsMismatchError: They are about other concepts, features or thresholds.
        """
        for name, mine, theirs in (
            ("thresholds", self.thresholds, other.thresholds),
            ("number of features", self.n_features, other.n_features),
            ("concepts", self.concepts["concept"].tolist(), other.concepts["concept"].tolist()),
        ):
            if mine != theirs:
                raise CountsMismatchError(
                    f"Counts cannot be held together: their {name} differ, {mine} and {theirs}."
                    " Count both again: kedro run --pipelines concept_analysis"
                )

    def __add__(self, other: "OverlapCounts") -> "OverlapCounts":
        """The counts over the proteins of both, which must be different proteins.

        Raises:
            CountsMismatchError: They are about other concepts, features or thresholds.
        """
        self.check_comparable(other)
        totals = ["n_positive_residues", "n_instances"]
        return OverlapCounts(
            self.concepts.assign(
                **{name: self.concepts[name] + other.concepts[name] for name in totals}
            ),
            self.thresholds,
            self.n_residues + other.n_residues,
            self.fires + other.fires,
            self.tp + other.tp,
            self.fires_annotated + other.fires_annotated,
            self.instances_hit + other.instances_hit,
        )


class BucketedFeatures(NamedTuple):
    """Where features are on in a block, each value filed under the highest threshold it passes.

    Attributes:
        matrix: A 1 for each value above the lowest threshold, int32
            [n_residues, n_features * n_thresholds], column feature * n_thresholds + bucket.
        n_thresholds: How many buckets each feature has.
    """

    matrix: csr_array
    n_thresholds: int


def count_overlaps(
    store: ActivationSource,
    encoder: SparseEncoder,
    labels: ConceptLabels,
    thresholds: Sequence[float],
    *,
    max_residues: int = 8192,
    device: str = "cpu",
) -> OverlapCounts:
    """Count overlaps of all features with all concepts at all thresholds, in one streamed pass.

    Each value of a feature falls in the bucket of the highest threshold it passes, so that one
    sparse product of labels with bucketed features counts every threshold at once; sums over the
    buckets above a threshold then give the counts at that threshold. Nothing dense of residues ×
    features is held beyond the encoder's block.

    Args:
        store: Activations of the proteins to count over; all must be labelled.
        encoder: Gives the features.
        labels: The labels of these proteins (and maybe more).
        thresholds: Rising, 0 or more.
        max_residues: Residues encoded at once.
        device: Where the encoder is.
    """
    n_concepts, n_thresholds = len(labels.concepts), len(thresholds)
    shape = (n_concepts, encoder.d_sae * n_thresholds)
    fires = np.zeros(shape[1], dtype=np.int64)
    tp, fires_annotated, hit = (np.zeros(shape, dtype=np.int64) for _ in range(3))
    n_positive, n_instances = (np.zeros(n_concepts, dtype=np.int64) for _ in range(2))
    for block, features in encode_blocks(store, encoder, thresholds, max_residues, device):
        of_block = labels.select(block.accessions)
        n_positive += of_block.n_positive_residues
        n_instances += of_block.n_instances
        fires += np.bincount(features.matrix.indices, minlength=len(fires))
        _add(tp, of_block.residues.T.tocsr() @ features.matrix)
        _add(fires_annotated, _in_annotated_proteins(of_block, features.matrix))
        _count_instances_hit(hit, of_block, features)
    for counts in (fires[None], tp, fires_annotated, hit):
        _sum_buckets_above(counts, n_thresholds)
    hit[~labels.is_span_level] = tp[~labels.is_span_level]
    cube = (n_concepts, encoder.d_sae, n_thresholds)
    return OverlapCounts(
        labels.concepts.assign(n_positive_residues=n_positive, n_instances=n_instances),
        tuple(thresholds),
        store.n_residues,
        fires.reshape(cube[1:]),
        tp.reshape(cube),
        fires_annotated.reshape(cube),
        hit.reshape(cube),
    )


@torch.inference_mode()
def encode_blocks(
    store: ActivationSource,
    encoder: SparseEncoder,
    thresholds: Sequence[float],
    max_residues: int,
    device: str,
    task: str = "counting overlaps",
) -> Iterator[tuple[ActivationBlock, BucketedFeatures]]:
    """The blocks of a store with their bucketed features, under a progress bar in residues."""
    with tqdm(total=store.n_residues, desc=task, unit="residue", unit_scale=True) as progress:
        for block in store.blocks(max_residues):
            indices, values = encoder.encode_sparse(block.x.to(device))
            yield (
                block,
                bucket_features(
                    indices.cpu().numpy(), values.float().cpu().numpy(), encoder.d_sae, thresholds
                ),
            )
            progress.update(len(block.x))


def bucket_features(
    indices: Int64[np.ndarray, "n_residues k"],
    values: Float[np.ndarray, "n_residues k"],
    n_features: int,
    thresholds: Sequence[float],
) -> BucketedFeatures:
    """Sort the values of a block into the buckets between thresholds.

    Args:
        indices: Feature numbers.
        values: Their values; those not above the lowest threshold are dropped.
        n_features: How many features there are.
        thresholds: Rising, 0 or more; compared in the precision of the values.
    """
    edges = np.asarray(thresholds, dtype=values.dtype)
    row, slot = np.nonzero(values > edges[0])
    bucket = np.searchsorted(edges, values[row, slot], side="left") - 1
    column = indices[row, slot] * len(edges) + bucket
    indptr = np.searchsorted(row, np.arange(len(values) + 1))
    matrix = csr_array(
        (np.ones(len(row), dtype=np.int32), column.astype(np.int32), indptr.astype(np.int32)),
        shape=(len(values), n_features * len(edges)),
    )
    return BucketedFeatures(matrix, len(edges))


def _add(counts: Int64[np.ndarray, "n_rows n_columns"], increments: csr_array) -> None:
    """Add a sparse matrix to a dense one in place."""
    row = np.repeat(np.arange(len(counts)), np.diff(increments.indptr))
    counts[row, increments.indices] += increments.data


def _in_annotated_proteins(labels: ConceptLabels, features: csr_array) -> csr_array:
    """Residues where a feature is on in the proteins that carry each concept."""
    n_proteins = len(labels.accessions)
    residue = np.arange(labels.n_residues)
    in_protein = csr_array(
        (np.ones(len(residue), dtype=np.int32), residue, labels.offsets),
        shape=(n_proteins, len(residue)),
    )
    carries = (in_protein @ labels.residues).sign()
    return carries.T.tocsr() @ (in_protein @ features)


def _count_instances_hit(
    counts: Int64[np.ndarray, "n_concepts n_columns"],
    labels: ConceptLabels,
    features: BucketedFeatures,
) -> None:
    """Count each instance once per feature, in the highest bucket that its residues reach."""
    in_buckets = labels.instances.T.tocsr() @ features.matrix
    in_buckets.sort_indices()
    instance = np.repeat(np.arange(in_buckets.shape[0]), np.diff(in_buckets.indptr))
    pair = instance * in_buckets.shape[1] + in_buckets.indices // features.n_thresholds
    is_highest = np.diff(pair, append=-1) != 0
    concept = labels.instance_concept[instance[is_highest]]
    np.add.at(counts, (concept, in_buckets.indices[is_highest]), 1)


def _sum_buckets_above(counts: Int64[np.ndarray, "n_rows n_columns"], n_thresholds: int) -> None:
    """Turn counts per bucket into counts per threshold, in place."""
    from_the_top = counts.reshape(len(counts), -1, n_thresholds)[..., ::-1]
    np.cumsum(from_the_top, axis=-1, out=from_the_top)
