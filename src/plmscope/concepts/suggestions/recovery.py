"""The test of the suggestions: annotations are hidden, and those that come back are counted."""

from __future__ import annotations

import numpy as np
import pandas as pd

from plmscope.activations import ActivationStore
from plmscope.concepts.annotated_proteins import AnnotatedProteins
from plmscope.concepts.counting.labelled_features import labelled_features
from plmscope.concepts.settings import CountingSettings, SuggestionSettings
from plmscope.concepts.suggestions.called_proteins import call_pairs
from plmscope.concepts.suggestions.missing import (
    pairs_to_suggest,
    state_precision,
    with_precision,
)
from plmscope.concepts.suggestions.regions import find_regions, rows_of
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
    """Hide annotations of test and count those that come back as suggestions.

    What is suggested follows the rule of `suggest_annotations`: no pooled concept unless asked
    for, regions, nothing that another annotation of the category explains. The precision is stated
    by the calls on valid, which test has no part in.

    Args:
        store: Activations of valid and test.
        encoder: Gives the features.
        annotated: The proteins, what is known of them, the kept concepts.
        pairs: Those that passed on test, as of `pairs_to_call`.
        counting: Block size.
        settings: What is hidden, and the precision that a suggestion must be stated to have.

    Returns:
        A row per pair: concept, feature, n_hidden and n_returned (instances; residues of a
        residue-level concept), n_calls on test stated precise enough, their mean stated_precision
        and their observed_precision, both 0 without calls.
    """
    visible, hidden = hide_instances(annotated.annotations, settings)
    stating, called = (
        pairs_to_suggest(
            call_pairs(labelled_features(store, encoder, labels), pairs, counting), settings
        )
        for labels in (
            annotated.labels("valid"),
            annotated.with_annotations(visible).labels("test"),
        )
    )
    of_hidden = annotated.with_annotations(hidden).labels("test").select(called.accessions.tolist())
    stated = state_precision(stating, np.ones(len(stating.accessions), dtype=bool))
    regions = with_precision(find_regions(called, visible), stated)
    wanted = regions[
        (regions["precision"] >= settings.min_precision) & ~regions["is_explained"].astype(bool)
    ]
    rows = []
    for number, pair in enumerate(called.pairs.to_dict("records")):
        calls = called.calls.of_pair(number)
        _, precision, _ = stated[pair["concept"]].at(calls.peak)
        is_sure = precision >= settings.min_precision
        is_true = calls.touch(called.marked(number) | of_hidden.marked(pair["concept"]))
        suggested = np.zeros(of_hidden.n_residues, dtype=bool)
        of_pair = wanted[wanted["concept"] == pair["concept"]]
        for first, stop in zip(*rows_of(of_pair, called), strict=True):
            suggested[first:stop] = True
        n_hidden, n_returned = of_hidden.count_touched(pair["concept"], suggested)
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
