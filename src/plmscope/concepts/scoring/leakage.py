"""Whether a score leans on test proteins that resemble a train protein."""

import numpy as np
import pandas as pd

from plmscope.concepts.counting.by_protein import PairCounts

COMPARED = ("precision", "recall_per_instance", "f1")


def compare_without_leaks(
    best: pd.DataFrame, counts: PairCounts, leakage_audit: pd.DataFrame
) -> pd.DataFrame:
    """Score reported pairs on all test proteins, and without those that have a homologue in train.

    Args:
        best: The reported pairs: concept, feature, threshold.
        counts: Their counts on test, by protein.
        leakage_audit: accession and above_threshold: whether the protein has a hit in train above
            the identity and coverage of a homology cluster.

    Returns:
        A row per pair: concept, feature, threshold; test_f1 and test_f1_without_leaks, and so for
        precision and recall_per_instance; n_instances and n_instances_without_leaks in test.
    """
    leaked = leakage_audit.loc[leakage_audit["above_threshold"], "accession"]
    kept = ~counts.groups.isin(leaked)
    table = best[["concept", "feature", "threshold"]].reset_index(drop=True)
    for suffix, weights in (("", np.ones(len(kept))), ("_without_leaks", kept.astype(float))):
        scores = counts.summed(weights)
        for name in COMPARED:
            table[f"test_{name}{suffix}"] = getattr(scores, name)
        table[f"n_instances{suffix}"] = (weights @ counts.n_instances).astype(np.int64)
    return table
