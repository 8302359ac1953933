"""The baseline of every annotation: copy what is known of the most similar train protein."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Bool, Int

from plmscope.concepts.annotated_proteins import AnnotatedProteins
from plmscope.concepts.suggestions.called_proteins import CalledProteins
from plmscope.concepts.suggestions.calls import Calls
from plmscope.proteins.homology.mmseqs import align_sequences

COPYING = [
    "concept", "level", "proteins", "n_proteins", "method", "n_calls", "n_true", "precision",
    "n_instances", "n_found", "recall", "f1",
]  # fmt: skip


class Copies(NamedTuple):
    """Annotations of train proteins on the test proteins that are aligned with them.

    Attributes:
        annotations: accession, concept, start, end.
        with_hit: The test proteins that have a hit in train.
    """

    annotations: pd.DataFrame
    with_hit: frozenset[str]


def copy_annotations(annotated: AnnotatedProteins, threads: int = 1) -> Copies:
    """Copy the annotations of each test protein's best hit in train, along the alignment.

    The best hit of MMseqs2 at E <= 0.001, without a cut of identity or coverage.

    Args:
        annotated: The proteins and what is known of them.
        threads: CPU threads.

    Raises:
        HomologyError: MMseqs2 failed.
    """
    test, train = annotated.of_split("test"), annotated.of_split("train")
    hits = align_sequences(test["sequence"].tolist(), train["sequence"].tolist(), threads)
    best = hits.sort_values(
        ["query", "evalue", "bits", "target"], ascending=[True, True, False, True]
    )
    best = best.drop_duplicates("query")
    known = dict(tuple(annotated.annotations.groupby("accession")[["concept", "start", "end"]]))
    accessions, targets = test["accession"].to_numpy(), train["accession"].to_numpy()
    nothing = annotated.annotations.iloc[:0][["concept", "start", "end"]]
    copied = [
        _along(hit, known.get(targets[hit["target"]], nothing)).assign(
            accession=accessions[hit["query"]]
        )
        for hit in best.to_dict("records")
    ]
    columns = ["accession", "concept", "start", "end"]
    annotations = pd.concat(copied, ignore_index=True) if copied else pd.DataFrame(columns=columns)
    return Copies(annotations[columns], frozenset(accessions[best["query"]]))


def compare_with_copying(called: CalledProteins, copies: Copies) -> pd.DataFrame:
    """Feature calls and copied annotations, held against what UniProt says of test.

    Args:
        called: The calls on the proteins of test.
        copies: What copying says of them.

    Returns:
        For each concept, for all proteins, those with and those without a hit, and for both
        methods: n_calls, n_true (those that touch the concept), precision; n_instances, n_found
        (touched; at residue level residues), recall; f1. 0 where nothing is called or annotated.
    """
    has_hit = np.isin(called.accessions, list(copies.with_hit))
    groups = {"all": np.ones(len(has_hit), dtype=bool), "with a hit": has_hit, "without": ~has_hit}
    rows = []
    for number, pair in enumerate(called.pairs.to_dict("records")):
        concept = pair["concept"]
        of_concept = copies.annotations[copies.annotations["concept"] == concept]
        methods = {"feature": called.calls.of_pair(number), "copy": _as_calls(of_concept, called)}
        for group, is_in in groups.items():
            rows += [
                {
                    "concept": concept,
                    "level": pair["level"],
                    "proteins": group,
                    "n_proteins": int(is_in.sum()),
                    "method": method,
                    **_score(calls, called, concept, is_in),
                }
                for method, calls in methods.items()
            ]
    return pd.DataFrame(rows, columns=COPYING)


def _along(hit: dict[object, object], known: pd.DataFrame) -> pd.DataFrame:
    """The annotations of the target, in the numbers of the query; what is not aligned is lost."""
    query, target = (
        np.frombuffer(str(hit[name]).encode(), dtype=np.uint8) != ord("-")
        for name in ("query_alignment", "target_alignment")
    )
    at_query = query.cumsum() - 1 + int(str(hit["query_start"]))
    at_target = target.cumsum() - 1 + int(str(hit["target_start"]))
    both = query & target
    at_query, at_target = at_query[both], at_target[both]
    first = np.searchsorted(at_target, known["start"].to_numpy(), side="left")
    last = np.searchsorted(at_target, known["end"].to_numpy(), side="right") - 1
    inside = last >= first
    return pd.DataFrame(
        {
            "concept": known["concept"].to_numpy()[inside],
            "start": at_query[first[inside]],
            "end": at_query[last[inside]],
        }
    )


def _as_calls(copied: pd.DataFrame, called: CalledProteins) -> Calls:
    protein = pd.Index(called.accessions).get_indexer(pd.Index(copied["accession"]))
    start = called.offsets[protein] + copied["start"].to_numpy(dtype=np.int64) - 1
    stop = called.offsets[protein] + copied["end"].to_numpy(dtype=np.int64)
    order = np.argsort(start, kind="stable")
    zeros = np.zeros(len(start))
    return Calls(zeros.astype(np.int64), start[order], stop[order], zeros)


def _score(
    calls: Calls, called: CalledProteins, concept: str, is_in: Bool[np.ndarray, " n_proteins"]
) -> dict[str, float]:
    """Precision over calls and recall over instances, in some of the proteins."""
    chosen = is_in[called.protein_of(calls)]
    is_true = calls.touch(called.labels.marked(concept))[chosen]
    part = called.labels.select(called.accessions[is_in].tolist())
    covered = calls.cover(chosen, called.labels.n_residues)[_rows(called.offsets, is_in)]
    n_instances, n_found = part.count_touched(concept, covered)
    precision = is_true.mean() if len(is_true) else 0.0
    recall = n_found / max(n_instances, 1)
    both = precision + recall
    return {
        "n_calls": len(is_true),
        "n_true": int(is_true.sum()),
        "precision": float(precision),
        "n_instances": n_instances,
        "n_found": n_found,
        "recall": recall,
        "f1": float(2 * precision * recall / both) if both else 0.0,
    }


def _rows(
    offsets: Int[np.ndarray, " n_proteins_plus_1"], is_in: Bool[np.ndarray, " n_proteins"]
) -> Bool[np.ndarray, " n_residues"]:
    return np.repeat(is_in, np.diff(offsets))
