"""The counts of a few chosen pairs, kept apart for each protein."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from jaxtyping import Int32, Int64
from scipy.sparse import csc_array, csr_array, vstack

from plmscope.concepts.counting.encoding import in_buckets
from plmscope.concepts.counting.labelled_features import LabelledFeatures
from plmscope.concepts.labels import ConceptLabels
from plmscope.concepts.metrics import Metrics, measure
from plmscope.concepts.settings import CountingSettings
from plmscope.saes.encode import EncodedBlock
from plmscope.saes.passes import BlockCounter, count_in_pass


@dataclass(frozen=True, eq=False)
class PairCounts:
    """What `OverlapCounts` counts, for chosen pairs at their thresholds and by group.

    Attributes:
        groups: The proteins, or the clusters, that are counted apart.
        n_residues: Residues of each group, [n_groups].
        tp, n_active, instances_hit, n_positive, n_instances: As in `measure`, [n_groups, n_pairs].
    """

    groups: pd.Index
    n_residues: Int64[np.ndarray, " n_groups"]
    tp: Int32[np.ndarray, "n_groups n_pairs"]
    n_active: Int32[np.ndarray, "n_groups n_pairs"]
    instances_hit: Int32[np.ndarray, "n_groups n_pairs"]
    n_positive: Int32[np.ndarray, "n_groups n_pairs"]
    n_instances: Int32[np.ndarray, "n_groups n_pairs"]

    @property
    def n_carriers(self) -> Int64[np.ndarray, " n_pairs"]:
        """The groups that carry the concept of each pair."""
        return (self.n_positive > 0).sum(axis=0)

    def summed(self, weights: np.ndarray) -> Metrics:
        """The scores of weighted sums of the groups.

        Args:
            weights: How often each group is taken, [..., n_groups].

        Returns:
            Scores [..., n_pairs].
        """
        return measure(
            tp=weights @ self.tp,
            n_active=weights @ self.n_active,
            instances_hit=weights @ self.instances_hit,
            n_positive=weights @ self.n_positive,
            n_instances=weights @ self.n_instances,
            n_residues=(weights @ self.n_residues)[..., None],
        )

    def take(self, groups: Int64[np.ndarray, " n_taken"]) -> "PairCounts":
        """Some of the groups by number; one may come several times."""
        return PairCounts(
            self.groups[groups],
            self.n_residues[groups],
            self.tp[groups],
            self.n_active[groups],
            self.instances_hit[groups],
            self.n_positive[groups],
            self.n_instances[groups],
        )

    def by_cluster(self, cluster_of: pd.Series) -> "PairCounts":
        """Add up the proteins of each homology cluster.

        Args:
            cluster_of: Cluster by accession.
        """
        number, clusters = pd.factorize(cluster_of.loc[self.groups])
        gather = csr_array(
            (np.ones(len(number), dtype=np.int32), (number, np.arange(len(number)))),
            shape=(len(clusters), len(number)),
        )
        return PairCounts(
            pd.Index(clusters),
            gather @ self.n_residues,
            gather @ self.tp,
            gather @ self.n_active,
            gather @ self.instances_hit,
            gather @ self.n_positive,
            gather @ self.n_instances,
        )


@dataclass(frozen=True, eq=False)
class ManyPairCounts:
    """The counts of so many pairs that only some of them fit into memory as `PairCounts`.

    Attributes:
        groups, n_residues: As in `PairCounts`.
        tp, n_active, instances_hit: As in `PairCounts`, without the zeros.
        n_positive, n_instances: As in `PairCounts`, but of each concept, [n_groups, n_concepts].
        concept: Number of the concept of each pair.
    """

    groups: pd.Index
    n_residues: Int64[np.ndarray, " n_groups"]
    tp: csc_array
    n_active: csc_array
    instances_hit: csc_array
    n_positive: Int32[np.ndarray, "n_groups n_concepts"]
    n_instances: Int32[np.ndarray, "n_groups n_concepts"]
    concept: Int64[np.ndarray, " n_pairs"]

    def of_pairs(self, pairs: slice) -> PairCounts:
        """The counts of some of the pairs."""
        concept = self.concept[pairs]
        return PairCounts(
            self.groups,
            self.n_residues,
            self.tp[:, pairs].toarray(),
            self.n_active[:, pairs].toarray(),
            self.instances_hit[:, pairs].toarray(),
            self.n_positive[:, concept],
            self.n_instances[:, concept],
        )


def count_by_protein(
    labelled: LabelledFeatures, pairs: pd.DataFrame, settings: CountingSettings
) -> PairCounts:
    """Count chosen pairs at their thresholds, protein by protein, in one streamed pass.

    Args:
        labelled: The features of the proteins to count over, and their labels.
        pairs: concept, feature, threshold; one row a pair. Thresholds are among the settings'.
        settings: Thresholds, block size.
    """
    return count_many_by_protein(labelled, pairs, settings).of_pairs(slice(None))


def count_many_by_protein(
    labelled: LabelledFeatures, pairs: pd.DataFrame, settings: CountingSettings
) -> ManyPairCounts:
    """The same for any number of pairs.

    Args:
        labelled: As of `count_by_protein`.
        pairs: As of `count_by_protein`.
        settings: As of `count_by_protein`.
    """
    source, encoder, labels = labelled
    concept = pd.Index(labels.concepts["concept"]).get_indexer(pd.Index(pairs["concept"]))
    selector = _selector(pairs, encoder.d_sae, settings.thresholds)
    make_counter = _MakeCounter(labels, selector, concept, encoder.d_sae, settings.thresholds)
    counted = count_in_pass(source, encoder, make_counter, settings, "counting by protein")
    return counted.counts()


@dataclass(frozen=True)
class _MakeCounter:
    """Counters of some pairs.

    Attributes:
        labels: Of all proteins.
        selector: From buckets to pairs.
        concept: Number of the concept of each pair.
        d_sae: Features of the encoder.
        thresholds: Of the buckets.
    """

    labels: ConceptLabels
    selector: csr_array
    concept: Int64[np.ndarray, " n_pairs"]
    d_sae: int
    thresholds: tuple[float, ...]

    def __call__(self, first_protein: int) -> "_PairCounter":
        del first_protein
        return _PairCounter(self)


class _PairCounter(BlockCounter):
    """What `ManyPairCounts` counts, some proteins after the other."""

    GIVEN: ClassVar = ("_given",)

    def __init__(self, given: _MakeCounter) -> None:
        self._given = given
        self._accessions: list[str] = []
        self._lengths: list[np.ndarray] = []
        self._counted: list[tuple[csr_array, ...]] = []
        self._totals: list[tuple[np.ndarray, ...]] = []

    def count(self, blocks: Iterable[EncodedBlock]) -> None:
        """Count some blocks."""
        given = self._given
        for some, features in in_buckets(blocks, given.d_sae, given.thresholds):
            of_some, on = given.labels.select(some), features.matrix @ given.selector
            self._counted.append(_count_block(on, of_some, given.concept))
            self._totals.append(_count_concepts(of_some))
            self._lengths.append(np.diff(of_some.offsets))
            self._accessions += some

    def merge(self, later: "_PairCounter") -> None:
        """Put the later proteins behind those that are there."""
        self._counted += later._counted
        self._totals += later._totals
        self._lengths += later._lengths
        self._accessions += later._accessions

    def counts(self) -> ManyPairCounts:
        """Of all proteins."""
        tp, n_active, instances_hit = (
            csc_array(vstack(parts)) for parts in zip(*self._counted, strict=True)
        )
        n_positive, n_instances = (
            np.concatenate(parts) for parts in zip(*self._totals, strict=True)
        )
        return ManyPairCounts(
            pd.Index(self._accessions),
            np.concatenate(self._lengths),
            tp,
            n_active,
            instances_hit,
            n_positive,
            n_instances,
            self._given.concept,
        )


def _count_block(
    on: csr_array, labels: ConceptLabels, concept: Int64[np.ndarray, " n_pairs"]
) -> tuple[csr_array, csr_array, csr_array]:
    """tp, n_active and instances_hit of some proteins, [n_proteins, n_pairs] each.

    What is on is looked up among the labels: no label is written out for every pair.
    """
    residue, pair = on.nonzero()
    is_positive = labels.residues.astype(bool).toarray()[residue, concept[pair]]
    tp = labels.in_protein @ _ones(residue[is_positive], pair[is_positive], on.shape)
    touched = labels.instances.T @ on
    instance, pair = touched.nonzero()
    is_member = labels.instance_concept[instance] == concept[pair]
    hit = _ones(instance[is_member], pair[is_member], touched.shape)
    by_instance = (labels.in_protein @ labels.instances).sign() @ hit
    is_span = labels.is_span_level[concept]
    of_level = by_instance.multiply(is_span) + tp.multiply(~is_span)
    return tp, labels.in_protein @ on, csr_array(of_level)


def _count_concepts(
    labels: ConceptLabels,
) -> tuple[Int32[np.ndarray, "n_proteins n_concepts"], Int32[np.ndarray, "n_proteins n_concepts"]]:
    """n_positive and n_instances of each concept."""
    n_concepts = len(labels.is_span_level)
    n_positive = (labels.in_protein @ labels.residues).toarray()
    instances = np.arange(len(labels.instance_concept))
    members = _ones(instances, labels.instance_concept, (len(instances), n_concepts))
    n_instances = ((labels.in_protein @ labels.instances).sign() @ members).toarray()
    return n_positive, np.where(labels.is_span_level, n_instances, n_positive)


def _ones(rows: np.ndarray, columns: np.ndarray, shape: tuple[int, ...]) -> csr_array:
    return csr_array((np.ones(len(rows), dtype=np.int32), (rows, columns)), shape=shape)


def _selector(pairs: pd.DataFrame, n_features: int, thresholds: tuple[float, ...]) -> csr_array:
    """From buckets to pairs: 1 for each bucket of the pair's feature from its threshold up."""
    first_bucket = np.searchsorted(thresholds, pairs["threshold"])
    n_buckets = len(thresholds) - first_bucket
    pair = np.repeat(np.arange(len(pairs)), n_buckets)
    bucket = len(thresholds) - 1 - (n_buckets.cumsum()[pair] - 1 - np.arange(len(pair)))
    column = pairs["feature"].to_numpy()[pair] * len(thresholds) + bucket
    return csr_array(
        (np.ones(len(pair), dtype=np.int32), (column, pair)),
        shape=(n_features * len(thresholds), len(pairs)),
    )
