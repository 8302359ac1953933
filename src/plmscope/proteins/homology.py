"""Homology: clusters of proteins, and what of it is left between the splits."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from .errors import ProteinTableError
from .mmseqs import search_sequences
from .settings import HomologySettings
from .tables import reject_proteins


def cluster_sequences(sequences: Sequence[str], settings: HomologySettings) -> NDArray[np.int64]:
    """Cluster sequences so that no two that MMseqs2 finds homologous are in different clusters.

    Clusters are the connected components of the hits of all against all. `mmseqs cluster` is
    quicker, but leaves homologous pairs in different clusters.

    Args:
        sequences: The sequences.
        settings: When two are homologous.

    Returns:
        For each sequence, the index of its cluster's first sequence, [n_sequences].
    """
    hits = _homologous_pairs(sequences, sequences, settings)
    n_sequences = len(sequences)
    graph = coo_array(
        (np.ones(len(hits), dtype=bool), (hits["query"], hits["target"])),
        shape=(n_sequences, n_sequences),
    )
    _, labels = connected_components(graph, directed=False)
    _, first, cluster = np.unique(labels, return_index=True, return_inverse=True)
    return first[cluster].astype(np.int64)


def cluster_proteins(proteins: pd.DataFrame, settings: HomologySettings) -> pd.DataFrame:
    """Name each protein's homology cluster after its first member.

    Corpus proteins beside annotated ones are not clustered, each is its own: they may number
    millions, and only their homology to held-out proteins matters (`reject_homologues`).

    Args:
        proteins: accession, sequence, origin and cluster, the latter as the UniProtKB table gives
            it or "" throughout: then MMseqs2 decides.
        settings: When two proteins are homologous.

    Returns:
        accession and cluster (an accession), in the order of `proteins`.

    Raises:
        ProteinTableError: Only some annotated proteins have a given cluster.
        HomologyError: MMseqs2 failed.
    """
    clusters = proteins["accession"].copy()
    to_split = proteins[is_to_split(proteins)]
    n_given = (to_split["cluster"] != "").sum()
    if n_given == 0:
        first = cluster_sequences(list(to_split["sequence"]), settings)
        clusters[to_split.index] = to_split["accession"].iloc[first].to_numpy()
    elif n_given == len(to_split):
        clusters[to_split.index] = to_split.groupby("cluster")["accession"].transform("first")
    else:
        raise ProteinTableError(
            f"A homology cluster is given for {n_given} of {len(to_split)} annotated proteins. "
            "Give one for each, or set ingestion.cluster_column: null."
        )
    return pd.DataFrame({"accession": proteins["accession"], "cluster": clusters})


def is_to_split(proteins: pd.DataFrame) -> "pd.Series[bool]":
    """The annotated proteins, or, where there are none, all."""
    annotated = proteins["origin"] == "annotated"
    return annotated if annotated.any() else ~annotated


def reject_homologues(
    proteins: pd.DataFrame, settings: HomologySettings
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Keep corpus proteins that are homologous to a valid or test protein out of train.

    Args:
        proteins: The proteins (`READ_PROTEIN_COLUMNS`) with their splits.
        settings: When two proteins are homologous.

    Returns:
        The other proteins, and the reject rows of these.
    """
    in_corpus = ~is_to_split(proteins)
    corpus = proteins[in_corpus]
    held_out = proteins.loc[proteins["split"] != "train", "sequence"]
    hits = _homologous_pairs(list(corpus["sequence"]), list(held_out), settings)
    homologous = corpus.iloc[hits["query"].unique()].sort_index()
    rejects = reject_proteins(homologous, "accession", "homologous to a held-out protein")
    return proteins.drop(homologous.index), rejects


def audit_leakage(proteins: pd.DataFrame, settings: HomologySettings) -> pd.DataFrame:
    """Look up every held-out protein in train, whatever the identity and coverage.

    Args:
        proteins: accession, sequence, split.
        settings: When two proteins are homologous.

    Returns:
        One row a valid or test protein: accession, split, train_accession (its closest hit in
        train: above the cut if there is one, then the most identical; "" if none), identity, the
        shares of itself (query_coverage) and of the hit (target_coverage) that the alignment
        covers (0 without a hit), and above_cut: whether the two are homologous by the settings.
    """
    held_out = proteins[proteins["split"] != "train"].reset_index(drop=True)
    train = proteins[proteins["split"] == "train"].reset_index(drop=True)
    hits = search_sequences(
        list(held_out["sequence"]), list(train["sequence"]), threads=settings.threads
    )
    hits["above_cut"] = _is_above_cut(hits, settings)
    hits["train_accession"] = train["accession"].iloc[hits["target"]].to_numpy()
    closest = hits.sort_values(
        ["query", "above_cut", "identity", "query_coverage", "target"],
        ascending=[True, False, False, False, True],
    ).drop_duplicates("query")
    audit = held_out[["accession", "split"]].join(closest.set_index("query"))
    absent = {
        "train_accession": "",
        "identity": 0.0,
        "query_coverage": 0.0,
        "target_coverage": 0.0,
        "above_cut": False,
    }
    return audit.fillna(absent)[["accession", "split", *absent]].astype({"above_cut": bool})


def _homologous_pairs(
    queries: Sequence[str], targets: Sequence[str], settings: HomologySettings
) -> pd.DataFrame:
    """The hits above the cut.

    MMseqs2's own coverage filter also drops pairs by the ratio of their lengths, even where the
    alignment covers both; so coverage is judged here.
    """
    hits = search_sequences(
        queries, targets, min_identity=settings.min_identity, threads=settings.threads
    )
    return hits[_is_above_cut(hits, settings)]


def _is_above_cut(hits: pd.DataFrame, settings: HomologySettings) -> "pd.Series[bool]":
    return (
        (hits["identity"] >= settings.min_identity)
        & (hits["query_coverage"] >= settings.min_coverage)
        & (hits["target_coverage"] >= settings.min_coverage)
    )
