"""The calls of all pairs that passed, on the proteins of a store."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Bool, Int

from plmscope.concepts.annotated_proteins import AnnotatedProteins
from plmscope.concepts.counting.feature_values import collect_values
from plmscope.concepts.counting.labelled_features import LabelledFeatures
from plmscope.concepts.labels import ConceptLabels
from plmscope.concepts.scoring.headline import pairs_that_passed
from plmscope.concepts.settings import CountingSettings
from plmscope.concepts.suggestions.calls import (
    Calls,
    drop_general,
    find_calls,
    longest_instances,
)


class CalledProteins(NamedTuple):
    """Proteins laid end to end, and the calls of some pairs on them.

    Attributes:
        accessions: Of the proteins, in the order of their rows.
        offsets: Protein i has the rows `offsets[i]` to `offsets[i + 1]`.
        calls: Of all pairs.
        labels: What is known of these proteins.
        pairs: concept, category, feature, threshold, longest; numbered from 0.
    """

    accessions: np.ndarray
    offsets: Int[np.ndarray, " n_proteins_plus_1"]
    calls: Calls
    labels: ConceptLabels
    pairs: pd.DataFrame

    def protein_of(self, calls: Calls) -> Int[np.ndarray, " n_calls"]:
        """The number of each call's protein."""
        return np.searchsorted(self.offsets, calls.start, side="right") - 1

    def without_general(self) -> Calls:
        """The calls but those of a general concept where a special one is called."""
        protein = self.protein_of(self.calls)
        pairs = self.pairs[["concept", "category"]].iloc[self.calls.pair].reset_index(drop=True)
        table = pairs.assign(protein=protein, start=self.calls.start, end=self.calls.stop - 1)
        kept = drop_general(table).index
        return Calls(*(column[kept] for column in self.calls))

    def marked(self, pair: int) -> Bool[np.ndarray, " n_residues"]:
        """The residues that carry the concept of a pair."""
        return self.labels.marked(self.pairs["concept"][pair])


def pairs_to_call(concept_report: pd.DataFrame, annotated: AnnotatedProteins) -> pd.DataFrame:
    """The pairs by which concepts are called: those that passed on test.

    Args:
        concept_report: The best pair of each concept.
        annotated: What says how long instances usually are.

    Returns:
        concept, category, level, feature, threshold, longest (see `longest_instances`), and the
        pair's test scores.
    """
    return with_longest(pairs_that_passed(concept_report), annotated)


def with_longest(pairs: pd.DataFrame, annotated: AnnotatedProteins) -> pd.DataFrame:
    """Pairs with the column longest: see `longest_instances`.

    Args:
        pairs: Their column `concept` is asked for.
        annotated: The proteins of valid say how long instances usually are.
    """
    of_valid = annotated.of_split("valid")["accession"]
    annotations = annotated.annotations
    known = annotations[annotations["accession"].isin(of_valid)]
    return pairs.assign(longest=longest_instances(known, pairs["concept"]).to_numpy())


def call_pairs(
    labelled: LabelledFeatures, pairs: pd.DataFrame, settings: CountingSettings
) -> CalledProteins:
    """Call the concept of each pair wherever its feature is above its threshold.

    Args:
        labelled: The features of some proteins, and their labels.
        pairs: concept, feature, threshold, longest.
        settings: Block size.
    """
    source, encoder, labels = labelled
    if pairs.empty:  # nothing is read; there may be no protein either
        nothing = np.zeros(0, dtype=np.int64)
        calls = Calls(nothing, nothing, nothing, nothing.astype(float))
        return CalledProteins(np.array(labels.accessions), labels.offsets, calls, labels, pairs)
    features, column = np.unique(pairs["feature"], return_inverse=True)
    accessions, values = collect_values(source, encoder, features, settings)
    ordered = labels.select(accessions)
    calls = find_calls(
        values[:, column],
        pairs["threshold"].to_numpy(),
        pairs["longest"].to_numpy(),
        ordered.offsets,
    )
    return CalledProteins(np.array(accessions), ordered.offsets, calls, ordered, pairs)
