"""Homology clusters, and how much homology is left between the splits."""

import pandas as pd

from .errors import ProteinTableError
from .mmseqs import best_hits, cluster_sequences
from .settings import HomologySettings


def cluster_proteins(proteins: pd.DataFrame, settings: HomologySettings) -> pd.DataFrame:
    """Name each protein's homology cluster after one of its members.

    Args:
        proteins: accession, sequence and cluster, the latter as the UniProtKB table gives it or ""
            throughout: then MMseqs2 makes the clusters.
        settings: Identity and coverage above which two proteins belong together.

    Returns:
        accession and cluster (the representative's accession), in the order of `proteins`.

    Raises:
        ProteinTableError: Only some proteins have a given cluster.
        HomologyError: MMseqs2 failed.
    """
    accessions = proteins["accession"]
    n_given = (proteins["cluster"] != "").sum()
    if n_given == 0:
        representatives = cluster_sequences(
            list(proteins["sequence"]),
            settings.min_identity,
            settings.min_coverage,
            settings.threads,
        )
        clusters = accessions.iloc[representatives]
    elif n_given == len(proteins):
        clusters = proteins.groupby("cluster")["accession"].transform("first")
    else:
        raise ProteinTableError(
            f"A homology cluster is given for {n_given} of {len(proteins)} proteins. Give one for "
            "each (a FASTA corpus has none), or set ingestion.cluster_column: null."
        )
    return pd.DataFrame({"accession": accessions.to_numpy(), "cluster": clusters.to_numpy()})


def audit_leakage(proteins: pd.DataFrame, settings: HomologySettings) -> pd.DataFrame:
    """Look up every held-out protein in train.

    Clusters leave no pair above the cut that MMseqs2's clustering has seen; this search is more
    thorough, and also sees matches that cover less of the proteins (a shared domain).

    Args:
        proteins: accession, sequence, split.
        settings: The cut.

    Returns:
        One row a valid or test protein: accession, split, train_accession (its most identical hit
        in train, "" if none), identity and the shares of itself (query_coverage) and of the hit
        (target_coverage) that the alignment covers, 0 if none; above_cut: whether this hit would
        have put both into one cluster.
    """
    held_out = proteins[proteins["split"] != "train"].reset_index(drop=True)
    train = proteins[proteins["split"] == "train"].reset_index(drop=True)
    hits = best_hits(
        list(held_out["sequence"]), list(train["sequence"]), threads=settings.threads
    ).set_index("query")
    audit = held_out[["accession", "split"]].join(hits)
    found = audit["target"].notna()
    audit["train_accession"] = ""
    audit.loc[found, "train_accession"] = (
        train["accession"].iloc[audit.loc[found, "target"].astype(int)].to_numpy()
    )
    numbers = ["identity", "query_coverage", "target_coverage"]
    audit[numbers] = audit[numbers].fillna(0.0)
    audit["above_cut"] = (audit["identity"] >= settings.min_identity) & (
        audit[["query_coverage", "target_coverage"]].min(axis=1) >= settings.min_coverage
    )
    return audit[["accession", "split", "train_accession", *numbers, "above_cut"]]
