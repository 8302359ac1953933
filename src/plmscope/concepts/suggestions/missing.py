"""Where a feature finds its concept and UniProt says nothing: annotations that may be missing."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Bool, Int

from plmscope.activations import ActivationStore
from plmscope.concepts.annotated_proteins import AnnotatedProteins
from plmscope.concepts.counting.feature_values import collect_values
from plmscope.concepts.counting.labelled_features import LabelledFeatures, labelled_features
from plmscope.concepts.labels import ConceptLabels
from plmscope.concepts.settings import CountingSettings, SuggestionSettings
from plmscope.concepts.suggestions.calls import Calls, HeldOutPrecision, find_calls
from plmscope.saes.encode import SparseEncoder

RECOVERED = [
    "concept",
    "feature",
    "n_hidden",
    "n_returned",
    "n_calls",
    "stated_precision",
    "observed_precision",
]
PLACE = ["concept", "feature", "accession", "start", "end"]
SUGGESTED = [*PLACE, "peak", "n_test_calls", "precision", "precision_low", "protein_has_concept"]


class CalledProteins(NamedTuple):
    """Proteins laid end to end, and the calls of some pairs on them.

    Attributes:
        accessions: Of the proteins, in the order of their rows.
        offsets: Protein i has the rows `offsets[i]` to `offsets[i + 1]`.
        calls: The calls of each pair.
    """

    accessions: np.ndarray
    offsets: Int[np.ndarray, " n_proteins_plus_1"]
    calls: list[Calls]

    def protein_of(self, calls: Calls) -> Int[np.ndarray, " n_calls"]:
        """The number of each call's protein."""
        return np.searchsorted(self.offsets, calls.start, side="right") - 1


def call_pairs(
    labelled: LabelledFeatures, pairs: pd.DataFrame, settings: CountingSettings
) -> CalledProteins:
    """Call the concept of each pair wherever its feature is above its threshold.

    Args:
        labelled: The features of some proteins, and their labels.
        pairs: concept, feature, threshold.
        settings: Block size.
    """
    source, encoder, labels = labelled
    features, column = np.unique(pairs["feature"], return_inverse=True)
    accessions, values = collect_values(source, encoder, features, settings)
    offsets = labels.select(accessions).offsets
    return CalledProteins(
        np.array(accessions),
        offsets,
        [
            find_calls(values[:, [of_feature]], threshold, offsets)
            for of_feature, threshold in zip(column, pairs["threshold"], strict=True)
        ],
    )


def suggest_annotations(
    labelled: LabelledFeatures,
    split_of: pd.Series,
    pairs: pd.DataFrame,
    settings: CountingSettings,
) -> pd.DataFrame:
    """Rank the calls that touch no annotation of their concept.

    Args:
        labelled: The features of annotated proteins, and their labels.
        split_of: Split by accession.
        pairs: concept, feature, threshold of the pairs that passed on test.
        settings: Block size.

    Returns:
        concept, feature, accession, start and end (1-based, inclusive), peak; n_test_calls,
        precision and precision_low: how many calls on test peak about as high, which fraction
        of them touches an annotation (`HeldOutPrecision`), and its 95 % lower bound;
        protein_has_concept: whether the protein carries the concept elsewhere. Surest first.
    """
    if pairs.empty:
        return pd.DataFrame(columns=SUGGESTED)
    called = call_pairs(labelled, pairs, settings)
    ordered = labelled.labels.select(called.accessions.tolist())
    split = split_of.loc[called.accessions].to_numpy()
    tables = []
    for (_, pair), calls in zip(pairs.iterrows(), called.calls, strict=True):
        marked = _marked(ordered, pair["concept"])
        protein, is_true = called.protein_of(calls), calls.touch(marked)
        on_test = split[protein] == "test"
        held_out = HeldOutPrecision(calls.peak[on_test], is_true[on_test])
        new = np.flatnonzero(~is_true)
        n_calls, precision, low = held_out.at(calls.peak[new])
        carries = np.add.reduceat(marked, called.offsets[:-1]) > 0
        tables.append(
            pd.DataFrame(
                {
                    "concept": pair["concept"],
                    "feature": pair["feature"],
                    "accession": called.accessions[protein[new]],
                    "start": calls.start[new] - called.offsets[protein[new]] + 1,
                    "end": calls.stop[new] - called.offsets[protein[new]],
                    "peak": calls.peak[new],
                    "n_test_calls": n_calls,
                    "precision": precision,
                    "precision_low": low,
                    "protein_has_concept": carries[protein[new]],
                }
            )
        )
    ranked = pd.concat(tables, ignore_index=True)
    order = ["precision_low", "peak", *PLACE]
    ascending = [False, False, *[True] * len(PLACE)]
    return ranked.sort_values(order, ascending=ascending, ignore_index=True)


def hide_instances(
    annotations: pd.DataFrame, settings: SuggestionSettings
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Split annotations into those that stay visible and those that are hidden.

    Args:
        annotations: The `annotations` table.
        settings: Which fraction of each concept's instances to hide; seed.
    """
    instances = annotations.drop_duplicates("instance")
    drawn = instances.groupby("concept")["instance"].sample(
        frac=settings.hidden_fraction, random_state=settings.seed
    )
    is_hidden = annotations["instance"].isin(drawn)
    return annotations[~is_hidden], annotations[is_hidden]


def recover_hidden(
    store: ActivationStore,
    encoder: SparseEncoder,
    annotated: AnnotatedProteins,
    pairs: pd.DataFrame,
    counting: CountingSettings,
    settings: SuggestionSettings,
) -> pd.DataFrame:
    """Test the suggestions: hide annotations of test and count those that come back.

    The precision is stated by the calls on valid, which test has no part in.

    Args:
        store: Activations of valid and test.
        encoder: Gives the features.
        annotated: The proteins, what is known of them, the kept concepts.
        pairs: concept, feature, threshold of the pairs that passed on test.
        counting: Block size.
        settings: What is hidden, and the precision that a suggestion must be stated to have.

    Returns:
        A row per pair: concept, feature, n_hidden and n_returned (instances; residues of a
        residue-level concept), n_calls on test stated precise enough, their mean stated_precision
        and their observed_precision, both 0 without calls.
    """
    valid = annotated.labels("valid")
    visible, hidden = (
        annotated.with_annotations(table).labels("test")
        for table in hide_instances(annotated.annotations, settings)
    )
    stating, called = (
        call_pairs(labelled_features(store, encoder, labels), pairs, counting)
        for labels in (valid, visible)
    )
    of_valid = valid.select(stating.accessions.tolist())
    of_visible, of_hidden = (part.select(called.accessions.tolist()) for part in (visible, hidden))
    rows = []
    for (_, pair), known, calls in zip(pairs.iterrows(), stating.calls, called.calls, strict=True):
        held_out = HeldOutPrecision(known.peak, known.touch(_marked(of_valid, pair["concept"])))
        _, precision, _ = held_out.at(calls.peak)
        is_sure = precision >= settings.min_precision
        is_seen = calls.touch(_marked(of_visible, pair["concept"]))
        is_true = is_seen | calls.touch(_marked(of_hidden, pair["concept"]))
        suggested = calls.cover(is_sure & ~is_seen, of_hidden.n_residues)
        n_hidden, n_returned = _count_touched(of_hidden, pair["concept"], suggested)
        rows.append(
            {
                "concept": pair["concept"],
                "feature": pair["feature"],
                "n_hidden": n_hidden,
                "n_returned": n_returned,
                "n_calls": int(is_sure.sum()),
                "stated_precision": float(precision[is_sure].mean()) if is_sure.any() else 0.0,
                "observed_precision": float(is_true[is_sure].mean()) if is_sure.any() else 0.0,
            }
        )
    return pd.DataFrame(rows, columns=RECOVERED)


def _marked(labels: ConceptLabels, concept: str) -> Bool[np.ndarray, " n_residues"]:
    """The residues that carry a concept."""
    return labels.residues[:, [labels.number_of(concept)]].toarray().ravel() > 0


def _count_touched(
    labels: ConceptLabels, concept: str, marked: Bool[np.ndarray, " n_residues"]
) -> tuple[int, int]:
    """How many instances a concept has, and how many of them have a marked residue."""
    number = labels.number_of(concept)
    if not labels.is_span_level[number]:
        positive = _marked(labels, concept)
        return int(positive.sum()), int((positive & marked).sum())
    members = labels.instances[:, np.flatnonzero(labels.instance_concept == number)]
    return members.shape[1], int((members.T @ marked > 0).sum())
