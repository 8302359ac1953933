"""Train, valid and test, by whole homology clusters."""

import numpy as np
import pandas as pd

from .homology import is_to_split
from .settings import SplitSettings

SPLITS = ("train", "valid", "test")


def split_proteins(
    proteins: pd.DataFrame, clusters: pd.DataFrame, settings: SplitSettings
) -> pd.DataFrame:
    """Send whole clusters to the splits; a corpus beside annotated proteins goes to train.

    Args:
        proteins: The proteins (`READ_PROTEIN_COLUMNS`).
        clusters: accession and cluster.
        settings: Shares and seed.

    Returns:
        The proteins with cluster and split, in order of accession.
    """
    split = proteins.drop(columns="cluster").merge(clusters, on="accession", validate="1:1")
    split_of_cluster = assign_splits(split.loc[is_to_split(split), "cluster"], settings)
    split["split"] = split["cluster"].map(split_of_cluster).fillna("train")
    return split.sort_values("accession", ignore_index=True)


def assign_splits(clusters: "pd.Series[str]", settings: SplitSettings) -> dict[str, str]:
    """Choose a split for each cluster so that the shares of the proteins come out right.

    Clusters are taken from the largest to the smallest, in random order among those of one size;
    each goes to the split that has the most proteins still to come. So the largest families are
    train's, and valid and test hold many small ones, which are as many independent witnesses.

    Args:
        clusters: The cluster of each protein, [n_proteins].
        settings: Shares and seed.

    Returns:
        The split of each cluster.
    """
    sizes = clusters.value_counts().sort_index()
    order = np.random.default_rng(settings.seed).permutation(len(sizes))
    sizes = sizes.iloc[order].sort_values(ascending=False, kind="stable")
    to_come = np.array([getattr(settings, split) for split in SPLITS]) * len(clusters)
    split_of_cluster = {}
    for cluster, size in sizes.items():
        furthest_behind = int(np.argmax(to_come))
        to_come[furthest_behind] -= size
        split_of_cluster[str(cluster)] = SPLITS[furthest_behind]
    return split_of_cluster
