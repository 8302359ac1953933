"""Train, valid and test, by whole homology clusters."""

import numpy as np
import pandas as pd

from .settings import SplitSettings
from .tables import PROTEIN_COLUMNS, reject_proteins

SPLITS = ("train", "valid", "test")


def split_proteins(
    proteins: pd.DataFrame, clusters: pd.DataFrame, settings: SplitSettings
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Send whole clusters to the splits, and keep the corpus out of valid and test.

    The shares are those of the annotated proteins. A corpus protein in a cluster that is held out
    is rejected, every other goes to train. Without annotated proteins, the corpus itself is split.

    Args:
        proteins: The proteins (`READ_PROTEIN_COLUMNS`).
        clusters: accession and cluster.
        settings: Shares and seed.

    Returns:
        The proteins (`PROTEIN_COLUMNS`), in order of accession, and the reject rows of the corpus
        proteins that are homologous to a held-out protein.
    """
    proteins = proteins.drop(columns="cluster").merge(clusters, on="accession", validate="1:1")
    in_corpus = proteins["origin"] == "corpus"
    shared_out = proteins if in_corpus.all() else proteins[~in_corpus]
    split_of_cluster = assign_splits(shared_out["cluster"], settings)
    proteins["split"] = proteins["cluster"].map(split_of_cluster).fillna("train")

    homologous = in_corpus & (proteins["split"] != "train") & (not in_corpus.all())
    rejects = reject_proteins(proteins[homologous], "cluster", "homologous to a held-out protein")
    kept = proteins.loc[~homologous, list(PROTEIN_COLUMNS)]
    return kept.sort_values("accession", ignore_index=True), rejects


def assign_splits(clusters: "pd.Series[str]", settings: SplitSettings) -> dict[str, str]:
    """Choose a split for each cluster so that the shares of the proteins come out right.

    Clusters are taken from the largest to the smallest, in random order among those of one size;
    each goes to the split that is furthest behind its share.

    Args:
        clusters: The cluster of each protein, [n_proteins].
        settings: Shares and seed.

    Returns:
        The split of each cluster.
    """
    sizes = clusters.value_counts().sort_index()
    order = np.random.default_rng(settings.seed).permutation(len(sizes))
    sizes = sizes.iloc[order].sort_values(ascending=False, kind="stable")
    shares = np.array([getattr(settings, split) for split in SPLITS])
    filled = np.zeros(len(SPLITS))
    split_of_cluster = {}
    for cluster, size in sizes.items():
        behind = int(np.argmin(filled / shares))
        filled[behind] += size
        split_of_cluster[str(cluster)] = SPLITS[behind]
    return split_of_cluster
