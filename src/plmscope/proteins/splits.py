"""Train, valid and test, by whole homology clusters or as the table gives them."""

import logging

import numpy as np
import pandas as pd

from plmscope.proteins.errors import ProteinTableError
from plmscope.proteins.homology.clusters import is_to_split
from plmscope.proteins.settings import SplitSettings
from plmscope.proteins.tables import SPLITS

logger = logging.getLogger(__name__)


def split_proteins(
    proteins: pd.DataFrame, clusters: pd.DataFrame, settings: SplitSettings
) -> pd.DataFrame:
    """Send whole clusters to the splits; a corpus beside annotated proteins goes to train.

    Splits that the UniProtKB table gives are taken as they are.

    Args:
        proteins: The proteins (`READ_PROTEIN_COLUMNS`).
        clusters: accession and cluster.
        settings: Shares and seed.

    Returns:
        The proteins with cluster and split, in order of accession.

    Raises:
        ProteinTableError: No protein would be in train, or a split is empty.
    """
    proteins = proteins.drop(columns="cluster").merge(
        clusters[["accession", "cluster"]], on="accession", validate="1:1"
    )
    to_split = is_to_split(proteins)
    if (proteins.loc[to_split, "split"] != "").any():
        split = proteins["split"].where(to_split, "train")
        _check_given(proteins.assign(split=split))
    else:
        if settings.train == 0 and to_split.all():
            raise ProteinTableError(
                "No protein would be in train, as splits.train is 0 and there is no corpus beside "
                "annotated proteins: give corpus_fasta, or set splits.train above 0."
            )
        split_of_cluster = assign_splits(proteins.loc[to_split, "cluster"], settings)
        split = proteins["cluster"].map(split_of_cluster).fillna("train")
        _check_made(split[to_split], len(split_of_cluster), settings)
    return proteins.assign(split=split).sort_values("accession", ignore_index=True)


def split_at_random(proteins: pd.DataFrame, settings: SplitSettings) -> pd.DataFrame:
    """Send single proteins to the splits, so that relatives of train are in test.

    For comparison alone: what is found under it need not hold for proteins without relatives.

    Args:
        proteins: The `proteins` table.
        settings: Shares and seed.

    Returns:
        The proteins with other splits; their homology clusters are as before.
    """
    to_split = is_to_split(proteins)
    split_of = assign_splits(proteins.loc[to_split, "accession"], settings)
    return proteins.assign(split=proteins["accession"].map(split_of).fillna("train"))


def assign_splits(clusters: "pd.Series[str]", settings: SplitSettings) -> dict[str, str]:
    """Choose a split for each cluster so that the fractions of the proteins come out right.

    Clusters are taken from the largest to the smallest, in random order among those of one size;
    each goes to the split that has the most proteins still to come. So the largest families are
    train's, and valid and test hold many small ones, which are as many independent witnesses. The
    last clusters go to splits that have none yet.

    Args:
        clusters: The cluster of each protein, [n_proteins].
        settings: Shares and seed.

    Returns:
        The split of each cluster.
    """
    sizes = clusters.value_counts().sort_index()
    order = np.random.default_rng(settings.seed).permutation(len(sizes))
    sizes = sizes.iloc[order].sort_values(ascending=False, kind="stable")
    fractions = np.array([getattr(settings, split) for split in SPLITS])
    to_come = fractions * len(clusters)
    is_empty = fractions > 0
    split_of_cluster = {}
    for n_left, (cluster, size) in zip(range(len(sizes), 0, -1), sizes.items(), strict=True):
        open_to_it = is_empty if n_left <= is_empty.sum() else fractions > 0
        furthest_behind = int(np.argmax(np.where(open_to_it, to_come, -np.inf)))
        to_come[furthest_behind] -= size
        is_empty[furthest_behind] = False
        split_of_cluster[str(cluster)] = SPLITS[furthest_behind]
    return split_of_cluster


def _check_made(split: "pd.Series[str]", n_clusters: int, settings: SplitSettings) -> None:
    """Stop where there are too few clusters for the splits."""
    empty = [name for name in SPLITS if getattr(settings, name) > 0 and not (split == name).any()]
    if empty:
        raise ProteinTableError(
            f"No protein is in {' or '.join(empty)}: {len(split)} protein(s) are in {n_clusters}"
            " homology cluster(s), and one cluster is never in two splits. Give more proteins that"
            " are not related, or splits of your own (ingestion.split_column)."
        )


def _check_given(proteins: pd.DataFrame) -> None:
    """Stop at an empty split; warn of sequences that are in two."""
    empty = [split for split in SPLITS if not (proteins["split"] == split).any()]
    if empty:
        raise ProteinTableError(
            f"No protein is in {' or '.join(empty)}. Give some in the column that "
            "ingestion.split_column names, or check n_annotated, min_length and max_length."
        )
    n_splits = proteins.groupby("sequence")["split"].transform("nunique")
    if n_torn := int((n_splits > 1).sum()):
        logger.warning(
            "%d proteins have the sequence of a protein in another split; "
            "they stay where ingestion.split_column puts them",
            n_torn,
        )
