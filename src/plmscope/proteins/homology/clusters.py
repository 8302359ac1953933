"""Clusters of proteins that are homologous."""

import logging
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from plmscope.proteins.errors import ProteinTableError
from plmscope.proteins.homology.copies import find_copies
from plmscope.proteins.homology.mmseqs import (
    cluster_in_one_step,
    cluster_linearly,
    search_sequences,
)
from plmscope.proteins.settings import HomologySettings

logger = logging.getLogger(__name__)

SEARCHED_IN_FULL = 50_000
"""Sequences up to which all are searched among all."""
REPRESENTED_IDENTITY = 0.5
"""Identity with its representative from which on a sequence is not searched itself, in [0, 1]."""


def cluster_sequences(sequences: Sequence[str], settings: HomologySettings) -> NDArray[np.int64]:
    """Cluster sequences so that no two that are related are in different clusters.

    Two are related if MMseqs2 finds them homologous, or if they are the same or one is part of the
    other: MMseqs2 finds nothing for what is very short or of low complexity. Clusters are the
    connected components. (`mmseqs cluster` is quicker, but leaves homologous pairs apart.)

    Of more than `SEARCHED_IN_FULL` sequences, only representatives are searched: see `_relate`.

    Args:
        sequences: Of all proteins, one letter a residue.
        settings: When two are homologous.

    Returns:
        The number of each sequence's cluster, [n_sequences].

    Raises:
        HomologyError: MMseqs2 failed.
    """
    number, distinct = pd.factorize(np.array(sequences, dtype=object))
    links, _ = _relate(list(distinct), settings)
    return _join(links, list(distinct))[number]


def cluster_quickly(sequences: Sequence[str], settings: HomologySettings) -> NDArray[np.int64]:
    """Cluster sequences to count them, not to split them: some relatives may be left apart.

    MMseqs2's own clustering at the same identity and coverage, several times as fast; see
    `cluster_in_one_step`. Copies are always together.

    Args:
        sequences: One letter a residue.
        settings: When two are homologous.

    Returns:
        The number of each sequence's cluster, [n_sequences].

    Raises:
        HomologyError: MMseqs2 failed.
    """
    number, distinct = pd.factorize(np.array(sequences, dtype=object))
    if len(distinct) == 1:
        return np.zeros(len(number), dtype=np.int64)
    found = cluster_in_one_step(
        list(distinct), settings.min_identity, settings.min_coverage, settings.threads
    )
    representative = found.set_index("member")["representative"].reindex(range(len(distinct)))
    itself = pd.Series(range(len(distinct)))
    return representative.fillna(itself).to_numpy(dtype=np.int64)[number]


def cluster_proteins(proteins: pd.DataFrame, settings: HomologySettings) -> pd.DataFrame:
    """Name each protein's homology cluster after its first member.

    Corpus proteins beside annotated ones are not clustered, each is its own: they may number
    millions, and only their homology to held-out proteins matters (`reject_homologues`).

    Args:
        proteins: accession, sequence, origin and cluster, the latter as the UniProtKB table gives
            it or "" throughout: then MMseqs2 decides. Given clusters are merged where a sequence
            of one is the same as, or part of, a sequence of the other.
        settings: When two proteins are homologous.

    Returns:
        accession, cluster (an accession) and judged (False where MMseqs2 was asked and does not
        even find the protein itself), in the order of `proteins`.

    Raises:
        ProteinTableError: Only some annotated proteins have a given cluster.
        HomologyError: MMseqs2 failed.
    """
    to_split = proteins[is_to_split(proteins)]
    number, distinct = pd.factorize(to_split["sequence"])
    sequences = list(distinct)
    n_given = (to_split["cluster"] != "").sum()
    if n_given == 0:
        links, judged = _relate(sequences, settings)
        labels = _join(links, sequences)
    elif n_given == len(to_split):
        labels = _join_given(to_split["cluster"], number, sequences)
        judged = np.ones(len(sequences), dtype=bool)
    else:
        raise ProteinTableError(
            f"A homology cluster is given for {n_given} of {len(to_split)} annotated proteins. "
            "Give one for each, or set ingestion.cluster_column: null."
        )
    clusters = proteins[["accession"]].assign(cluster=proteins["accession"], judged=True)
    clusters.loc[to_split.index, "cluster"] = (
        to_split["accession"].groupby(labels[number]).transform("first")
    )
    clusters.loc[to_split.index, "judged"] = judged[number]
    return clusters


def is_to_split(proteins: pd.DataFrame) -> "pd.Series[bool]":
    """The annotated proteins, or, where there are none, all."""
    annotated = proteins["origin"] == "annotated"
    return annotated if annotated.any() else ~annotated


def is_above_threshold(hits: pd.DataFrame, settings: HomologySettings) -> "pd.Series[bool]":
    """Which hits of MMseqs2 are of homologues.

    MMseqs2's own coverage filter also drops pairs by the ratio of their lengths, even where the
    alignment covers both; so coverage is judged here.
    """
    return (
        (hits["identity"] >= settings.min_identity)
        & (hits["query_coverage"] >= settings.min_coverage)
        & (hits["target_coverage"] >= settings.min_coverage)
    )


def find_themselves(hits: pd.DataFrame, n_sequences: int) -> NDArray[np.bool_]:
    """Which of the sequences that were searched among themselves are their own hit."""
    itself = hits.loc[hits["query"] == hits["target"], "query"]
    return np.isin(np.arange(n_sequences), itself)


def _relate(
    sequences: Sequence[str], settings: HomologySettings
) -> tuple[pd.DataFrame, NDArray[np.bool_]]:
    """The pairs that MMseqs2 finds homologous.

    All are searched among all, up to `SEARCHED_IN_FULL`. Of more, linclust first puts each that is
    near enough to another (`REPRESENTED_IDENTITY`) behind it, and only these representatives are
    searched. So a pair may be missed that is homologous where its representatives are not; the
    audit counts what this leaves between splits.

    Args:
        sequences: Each once.
        settings: When two are homologous.

    Returns:
        query and target, as indices, of such pairs; and which sequences MMseqs2 finds at all, be
        it in themselves.
    """
    behind = pd.DataFrame({"representative": [], "member": []}, dtype="int64")
    first = np.arange(len(sequences))
    if len(sequences) > SEARCHED_IN_FULL:
        identity = max(REPRESENTED_IDENTITY, settings.min_identity)
        found = cluster_linearly(sequences, identity, settings.min_coverage, settings.threads)
        behind = found[found["representative"] != found["member"]]
        first = np.setdiff1d(first, behind["member"])
        logger.info("%d of %d sequences represent the others", len(first), len(sequences))
    searched = [sequences[index] for index in first.tolist()]
    hits = search_sequences(
        searched, searched, min_identity=settings.min_identity, threads=settings.threads
    )
    above = hits.loc[is_above_threshold(hits, settings), ["query", "target"]]
    links = pd.concat(
        [
            pd.DataFrame({name: first[above[name]] for name in above}),
            behind.set_axis(["query", "target"], axis=1),
        ]
    )
    judged = np.zeros(len(sequences), dtype=bool)
    judged[first] = find_themselves(hits, len(first))
    judged[behind.to_numpy().ravel()] = True
    return links, judged


def _join_given(
    given: "pd.Series[str]", number: NDArray[np.int64], sequences: Sequence[str]
) -> NDArray[np.int64]:
    """Labels of the distinct sequences; `number` says which of these each protein has."""
    first_of_cluster = pd.Series(number).groupby(given.to_numpy()).transform("first")
    labels = _join(pd.DataFrame({"query": number, "target": first_of_cluster}), sequences)
    n_given, n_left = given.nunique(), len(np.unique(labels))
    if n_left < n_given:
        logger.info("%d given clusters are joined to %d by sequences they share", n_given, n_left)
    return labels


def _join(links: pd.DataFrame, sequences: Sequence[str]) -> NDArray[np.int64]:
    """The number of the connected component of each sequence; copies are linked in any case."""
    links = pd.concat([links, find_copies(sequences, sequences)])
    graph = coo_array(
        (np.ones(len(links), dtype=bool), (links["query"], links["target"])),
        shape=(len(sequences), len(sequences)),
    )
    _, labels = connected_components(graph, directed=False)
    return labels.astype(np.int64)
