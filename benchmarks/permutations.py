"""The permutation test of all pairs at the size of the bundled sample's test split."""

import time

import pandas as pd

from benchmarks.concept_world import MadeUpEncoder, MadeUpStore, make_labels
from benchmarks.harness import Figure, make_figure
from plmscope.concepts import (
    CountingSettings,
    UncertaintySettings,
    assess_significance,
    count_overlaps,
    score_pairs,
)
from plmscope.concepts.counting.labelled_features import LabelledFeatures

N_PROTEINS, N_FEATURES, N_CONCEPTS = 400, 2560, 100
LIMIT_S = 180.0


def run() -> list[Figure]:
    """Time 200 permutations with the moments, p-values and q-values of all pairs."""
    store, encoder = MadeUpStore(N_PROTEINS), MadeUpEncoder.make(N_FEATURES)
    labels = make_labels(store, N_CONCEPTS)
    counting, settings = CountingSettings(), UncertaintySettings(n_permutations=200)
    counts = count_overlaps(LabelledFeatures(store, encoder, labels), counting)
    pairs = score_pairs(counts, counts)
    each_alone = pd.Series(store.accessions, store.accessions)
    start = time.perf_counter()
    assess_significance(
        LabelledFeatures(store, encoder, labels), each_alone, pairs, counting, settings
    )
    return [
        make_figure(
            f"200 permutations of {store.n_residues} residues, {len(pairs)} pairs",
            time.perf_counter() - start,
            LIMIT_S,
            "s",
            "the limit set",
        )
    ]
