"""The concepts that each feature goes along with best, with how sure that is."""

from __future__ import annotations

import pandas as pd

from plmscope.activations import ActivationStore
from plmscope.concepts import (
    AnnotatedProteins,
    CountingSettings,
    UncertaintySettings,
    add_intervals,
    at_test_threshold,
    count_many_by_protein,
    labelled_features,
    pairs_to_show,
)
from plmscope.progress import show_progress
from plmscope.saes import SAE

_PAIRS_AT_ONCE = 2_000
"""Resampled together: their scores in every resample are in memory at once."""


def bound_feature_pairs(
    store: ActivationStore,
    sae: SAE,
    annotated: AnnotatedProteins,
    pair_scores: pd.DataFrame,
    counting: CountingSettings,
    uncertainty: UncertaintySettings,
) -> pd.DataFrame:
    """Give the best pairs of each feature intervals of their test scores.

    Args:
        store: Activations of all proteins.
        sae: The SAE of the same PLM and layer.
        annotated: The proteins, what is known of them, the kept concepts.
        pair_scores: Scored pairs.
        counting: Thresholds, block size.
        uncertainty: Bootstrap size, seed.

    Returns:
        `pairs_to_show`, with test_precision_low, …, test_f1_high and test_n_clusters.
    """
    shown = pairs_to_show(pair_scores)
    test = labelled_features(store, sae, annotated.labels("test"))
    counts = count_many_by_protein(test, at_test_threshold(shown), counting)
    bounded = []
    with show_progress("resampling pairs", len(shown), "pair") as progress:
        for start in range(0, max(len(shown), 1), _PAIRS_AT_ONCE):
            pairs = slice(start, start + _PAIRS_AT_ONCE)
            some = shown.iloc[pairs].reset_index(drop=True)
            by_cluster = counts.of_pairs(pairs).by_cluster(annotated.cluster_of)
            bounded.append(add_intervals(some, by_cluster, uncertainty))
            progress.update(len(some))
    return pd.concat(bounded, ignore_index=True)
