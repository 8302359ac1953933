"""The counts of a few chosen pairs, kept apart for each protein."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Int32, Int64
from scipy.sparse import csr_array

from plmscope.concepts.counting.encoding import encode_in_buckets
from plmscope.concepts.counting.labelled_features import LabelledFeatures
from plmscope.concepts.metrics import Metrics, measure
from plmscope.concepts.settings import CountingSettings


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


def count_by_protein(
    labelled: LabelledFeatures, pairs: pd.DataFrame, settings: CountingSettings
) -> PairCounts:
    """Count chosen pairs at their thresholds, protein by protein, in one streamed pass.

    Args:
        labelled: The features of the proteins to count over, and their labels.
        pairs: concept, feature, threshold; one row a pair. Thresholds are among the settings'.
        settings: Thresholds, block size.
    """
    source, encoder, labels = labelled
    concept = pd.Index(labels.concepts["concept"]).get_indexer(pd.Index(pairs["concept"]))
    is_span = labels.is_span_level[concept]
    selector = _selector(pairs, encoder.d_sae, settings.thresholds)
    accessions: list[str] = []
    parts: list[tuple[np.ndarray, ...]] = []
    for some, features in encode_in_buckets(source, encoder, settings, "counting by protein"):
        of_some = labels.select(some)
        on = features.matrix @ selector
        positive = of_some.residues[:, concept]
        in_protein = of_some.in_protein
        tp, n_positive = (in_protein @ part for part in (on * positive, positive))
        is_member = csr_array(of_some.instance_concept[:, None] == concept[None])
        hit = (of_some.instances.T @ on).sign() * is_member
        holds = (in_protein @ of_some.instances).sign()
        instances_hit, n_instances = (holds @ part for part in (hit, is_member.astype(np.int32)))
        dense = [part.toarray() for part in (tp, in_protein @ on, instances_hit)]
        totals = [part.toarray() for part in (n_positive, n_instances)]
        parts.append(
            (
                np.diff(of_some.offsets),
                dense[0],
                dense[1],
                np.where(is_span, dense[2], dense[0]),
                totals[0],
                np.where(is_span, totals[1], totals[0]),
            )
        )
        accessions += some
    columns = [np.concatenate(part) for part in zip(*parts, strict=True)]
    return PairCounts(pd.Index(accessions), *columns)


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
