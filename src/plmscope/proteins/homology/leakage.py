"""Homology between train and the held-out proteins: what is kept out, and what is left."""

import logging
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from plmscope.proteins.errors import ProteinTableError
from plmscope.proteins.homology.clusters import find_themselves, is_above_threshold, is_to_split
from plmscope.proteins.homology.copies import find_copies
from plmscope.proteins.homology.mmseqs import MAX_EVALUE, search_sequences
from plmscope.proteins.settings import HomologySettings
from plmscope.proteins.tables import reject_proteins

logger = logging.getLogger(__name__)

COPY = "same sequence as a held-out protein, or one is part of the other"
HOMOLOGUE = "homologous to a held-out protein"

_LOOKED_UP_AT_ONCE, _JUDGED_AT_ONCE = 50_000, 2_000

_NO_HIT = {
    "train_accession": "",
    "identity": 0.0,
    "query_coverage": 0.0,
    "target_coverage": 0.0,
    "above_threshold": False,
}


def reject_homologues(
    proteins: pd.DataFrame, settings: HomologySettings
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Keep corpus proteins that are homologous to a valid or test protein out of train.

    The search is that of the audit, and it is repeated until it finds none: what MMseqs2 finds
    depends on what else it searches, so that some homologues show only when others are gone.

    Args:
        proteins: The proteins (`READ_PROTEIN_COLUMNS`) with their splits.
        settings: When two proteins are homologous.

    Returns:
        The other proteins, and the reject rows of these.

    Raises:
        ProteinTableError: No protein is left in train.
        HomologyError: MMseqs2 failed.
    """
    copies = _copies_in_corpus(proteins)
    rejects = [reject_proteins(copies, "accession", COPY)]
    kept = proteins.drop(copies.index)
    while len(homologues := _homologues_in_corpus(kept, settings)):
        rejects.append(reject_proteins(homologues, "accession", HOMOLOGUE))
        kept = kept.drop(homologues.index)
        logger.info("%d corpus proteins are homologous to held-out ones", len(homologues))
    if len(kept) < len(proteins) and not (kept["split"] == "train").any():
        raise ProteinTableError(
            "No protein is left in train: each of the corpus is homologous to a held-out one. "
            "Give a larger corpus_fasta, or set splits.train above 0."
        )
    return kept, pd.concat(rejects, ignore_index=True)


def audit_leakage(proteins: pd.DataFrame, settings: HomologySettings) -> pd.DataFrame:
    """Look up every held-out protein in train, whatever the identity and coverage.

    Args:
        proteins: accession, sequence, split.
        settings: When two proteins are homologous.

    Returns:
        One row a valid or test protein: accession, split, train_accession (its closest hit in
        train: above the threshold if there is one, then the most identical; "" if none), identity,
        the fractions of itself (query_coverage) and of the hit (target_coverage) that the alignment
        covers (0 without a hit), above_threshold (whether the two are homologous by the settings,
        or copies by `find_copies`), and judged (whether MMseqs2 finds the protein at least in
        itself).

    Raises:
        HomologyError: MMseqs2 failed.
    """
    is_train = proteins["split"] == "train"
    held_out = proteins.loc[~is_train, ["accession", "split"]].reset_index(drop=True)
    accessions = proteins[is_train].drop_duplicates("sequence")["accession"].to_numpy()
    number, distinct = pd.factorize(proteins.loc[~is_train, "sequence"])
    sequences = list(distinct)

    train = _sequences(proteins[is_train])
    closest = pd.concat(
        _closest_hits(sequences[start : start + _LOOKED_UP_AT_ONCE], train, settings, start)
        for start in range(0, max(len(sequences), 1), _LOOKED_UP_AT_ONCE)
    )
    closest["train_accession"] = accessions[closest["target"]]
    closest = closest.set_index("query").reindex(number).reset_index(drop=True)
    audit = held_out.join(closest[list(_NO_HIT)]).fillna(_NO_HIT)
    return audit.assign(judged=_are_judged(sequences, settings)[number]).astype(
        {"above_threshold": bool}
    )


def _copies_in_corpus(proteins: pd.DataFrame) -> pd.DataFrame:
    corpus = proteins[~is_to_split(proteins)]
    targets = _sequences(corpus)
    copies = find_copies(_sequences(proteins[proteins["split"] != "train"]), targets)
    return corpus[corpus["sequence"].isin([targets[index] for index in copies["target"].unique()])]


def _homologues_in_corpus(proteins: pd.DataFrame, settings: HomologySettings) -> pd.DataFrame:
    """The corpus proteins that the audit's search finds above the threshold."""
    corpus = proteins[~is_to_split(proteins)]
    if corpus.empty:
        return corpus
    is_train = proteins["split"] == "train"
    targets = _sequences(proteins[is_train])
    hits = _search(_sequences(proteins[~is_train]), targets, settings)
    found = hits.loc[hits["above_threshold"], "target"].unique()
    return corpus[corpus["sequence"].isin([targets[index] for index in found])]


def _sequences(proteins: pd.DataFrame) -> list[str]:
    """Their sequences, each once."""
    return list(proteins["sequence"].unique())


def _search(
    held_out: Sequence[str], train: Sequence[str], settings: HomologySettings
) -> pd.DataFrame:
    hits = search_sequences(held_out, train, threads=settings.threads)
    return hits.assign(above_threshold=is_above_threshold(hits, settings))


def _closest_hits(
    held_out: Sequence[str], train: Sequence[str], settings: HomologySettings, start: int
) -> pd.DataFrame:
    """The closest hit in train of each held-out sequence that has one; `start` is the first's."""
    copies = find_copies(held_out, train).assign(above_threshold=True)
    hits = (
        pd.concat([_search(held_out, train, settings), copies])
        .sort_values(
            ["query", "above_threshold", "identity", "query_coverage", "target_coverage", "target"],
            ascending=[True, False, False, False, False, True],
        )
        .drop_duplicates("query")
    )
    return hits.assign(query=hits["query"] + start)


def _are_judged(sequences: Sequence[str], settings: HomologySettings) -> NDArray[np.bool_]:
    """Which are found in themselves.

    Looked up among few at a time, as all among all would take as long as the audit itself; the
    E-value, which goes with the number of residues that are searched, is that of all.
    """
    judged = [np.empty(0, dtype=bool)]
    for start in range(0, len(sequences), _JUDGED_AT_ONCE):
        some = sequences[start : start + _JUDGED_AT_ONCE]
        max_evalue = MAX_EVALUE * sum(map(len, some)) / sum(map(len, sequences))
        hits = search_sequences(some, some, max_evalue=max_evalue, threads=settings.threads)
        judged.append(find_themselves(hits, len(some)))
    return np.concatenate(judged)
