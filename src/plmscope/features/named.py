"""The features that have earned a name, examined on test."""

from __future__ import annotations

import numpy as np
import pandas as pd

from plmscope.activations import ActivationStore
from plmscope.concepts import (
    AnnotatedProteins,
    CountingSettings,
    UncertaintySettings,
    add_intervals,
    at_test_threshold,
    call_pairs,
    count_by_protein,
    labelled_features,
    with_longest,
)
from plmscope.concepts.suggestions.precision import wilson_low
from plmscope.features.naming import name_features
from plmscope.saes import SAE


def examine_named_features(
    store: ActivationStore,
    sae: SAE,
    annotated: AnnotatedProteins,
    pair_scores: pd.DataFrame,
    counting: CountingSettings,
    uncertainty: UncertaintySettings,
) -> pd.DataFrame:
    """Give the named features intervals of their test scores, and the precision of their calls.

    Args:
        store: Activations of all proteins.
        sae: The SAE of the same PLM and layer.
        annotated: The proteins, what is known of them, the kept concepts.
        pair_scores: Scored pairs.
        counting: Thresholds, block size.
        uncertainty: Bootstrap size, seed.

    Returns:
        The pairs of `name_features` with test_precision_low, …, test_f1_high, n_held_out_calls (on
        test, see `find_calls`), held_out_precision and held_out_precision_low.
    """
    named = with_longest(name_features(pair_scores), annotated)
    test = labelled_features(store, sae, annotated.labels("test"))
    by_protein = count_by_protein(test, at_test_threshold(named), counting)
    called = call_pairs(test, named, counting)
    n_calls = np.zeros(len(named), dtype=np.int64)
    n_true = np.zeros(len(named), dtype=np.int64)
    for number in range(len(named)):
        calls = called.calls.of_pair(number)
        n_calls[number] = len(calls.start)
        n_true[number] = calls.touch(called.marked(number)).sum()
    fraction = n_true / np.maximum(n_calls, 1)
    return add_intervals(named, by_protein.by_cluster(annotated.cluster_of), uncertainty).assign(
        n_held_out_calls=n_calls,
        held_out_precision=fraction,
        held_out_precision_low=np.where(
            n_calls > 0, wilson_low(fraction, np.maximum(n_calls, 1)), 0.0
        ),
    )
