"""Many sequences at once: what they share, and what they have more often than other proteins."""

from __future__ import annotations

import numpy as np
import pandas as pd
from jaxtyping import Float, Int
from scipy.sparse import csr_array

from plmscope.atlas import Atlas
from plmscope.proteins.homology.cluster_counts import count_clusters
from plmscope.proteins.homology.clusters import cluster_quickly
from plmscope.proteins.settings import HomologySettings

_SHARES = [
    "fraction_of_sequences", "fraction_of_positions", "n_clusters_with", "n_clusters",
    "n_background_clusters_with", "n_background_clusters", "p_value", "q_value",
]  # fmt: skip
CONCEPT_SHARES = ["concept", "category", "feature", *_SHARES]
FEATURE_SHARES = ["feature", "name", *_SHARES]


def cluster_queries(sequences: list[str], threads: int) -> np.ndarray:
    """The homology cluster of each sequence, at ingestion's identity and coverage."""
    return cluster_quickly(sequences, HomologySettings(threads=threads))


def concept_shares(
    called: csr_array,
    clusters: np.ndarray,
    fraction_of_positions: Float[np.ndarray, " n_pairs"],
    atlas: Atlas,
) -> pd.DataFrame:
    """How many sequences each concept is called in, against the run's proteins.

    Args:
        called: Nonzero where a sequence has a call of a pair, be it of a general concept,
            [n_sequences, n_pairs].
        clusters: The homology cluster of each sequence.
        fraction_of_positions: Of all residues those that are called.
        atlas: Its proteins are the background.

    Returns:
        concept and `_SHARES`, most significant first.
    """
    pairs = atlas.pairs
    table = pairs[["concept", "category", "feature"]]
    return _shares(
        table.assign(fraction_of_positions=fraction_of_positions),
        called,
        clusters,
        pairs["n_clusters_called"],
        pairs["n_clusters"],
    )


def feature_shares(
    on: csr_array,
    clusters: np.ndarray,
    fraction_of_positions: Float[np.ndarray, " d_sae"],
    atlas: Atlas,
) -> pd.DataFrame:
    """In how many sequences each feature is on, against the run's proteins.

    Args:
        on: Nonzero where a feature is on in a sequence, [n_sequences, d_sae].
        clusters: The homology cluster of each sequence.
        fraction_of_positions: Of all residues those where it is on.
        atlas: Its proteins are the background.

    Returns:
        feature, name and `_SHARES` of the features that are on somewhere, most significant first.
    """
    known = atlas.features
    table = known[["feature", "name"]].assign(fraction_of_positions=fraction_of_positions)
    return _shares(table, on, clusters, known["n_clusters_on"], known["n_clusters"])


def enrichment(
    k: Int[np.ndarray, " n"],
    n: int,
    background_k: Int[np.ndarray, " n"],
    background_n: Int[np.ndarray, " n"],
) -> Float[np.ndarray, " n"]:
    """Fisher's exact test, one-sided: is a thing more frequent than in the background?

    Args:
        k: Clusters with the thing.
        n: All clusters.
        background_k: The same of the background.
        background_n: All clusters of the background.

    Returns:
        The p-value of each.
    """
    from scipy.stats import hypergeom  # type: ignore[attr-defined]  # slow to import

    return hypergeom.sf(k - 1, n + background_n, k + background_k, n)


def _shares(
    table: pd.DataFrame,
    has: csr_array,
    clusters: np.ndarray,
    background_k: pd.Series,
    background_n: pd.Series,
) -> pd.DataFrame:
    from scipy.stats import false_discovery_control

    n_clusters = len(np.unique(clusters))
    with_it = count_clusters(has, clusters)
    p_value = enrichment(with_it, n_clusters, background_k.to_numpy(), background_n.to_numpy())
    n_sequences = (has > 0).sum(axis=0)
    shares = table.assign(
        fraction_of_sequences=n_sequences / has.shape[0],
        n_clusters_with=with_it,
        n_clusters=n_clusters,
        n_background_clusters_with=background_k.to_numpy(),
        n_background_clusters=background_n.to_numpy(),
        p_value=p_value,
    )[n_sequences > 0]
    q_value = false_discovery_control(shares["p_value"]) if len(shares) else []
    first = [column for column in table if column not in _SHARES]
    ordered = shares.assign(q_value=q_value).sort_values(
        ["p_value", "fraction_of_sequences", first[0]], ascending=[True, False, True]
    )
    return ordered[[*first, *_SHARES]].reset_index(drop=True)
