"""The best pair of each concept, and what they add up to."""

from typing import Any

import pandas as pd

from plmscope.concepts.counts import OverlapCounts
from plmscope.concepts.labels import AMINO_ACID_CATEGORY

GOOD_F1 = 0.5
"""A concept counts as found when its best pair passes this F1 on test (Simon & Zou 2025)."""


def report_concepts(
    pair_scores: pd.DataFrame, valid: OverlapCounts, test: OverlapCounts
) -> pd.DataFrame:
    """The best pair of each annotated concept, chosen on valid.

    Args:
        pair_scores: Scored pairs.
        valid: Counts over the validation split.
        test: Counts over the test split.

    Returns:
        The rows of `pair_scores` with the best F1 on valid (then the best F1 per residue, then
        the lowest feature number), one per concept, best first; with f1_gap (valid - test), the
        concept's instances and residues in each split, and a note where the scores need one.
        Amino acids are left out: they are the baseline.
    """
    annotated = pair_scores[pair_scores["category"] != AMINO_ACID_CATEGORY]
    best = best_pairs(annotated)
    best = best.assign(f1_gap=best["valid_f1"] - best["test_f1"])
    for split, counts in (("valid", valid), ("test", test)):
        totals = counts.concepts.set_index("concept").loc[best["concept"]]
        best[f"{split}_n_instances"] = totals["n_instances"].to_numpy()
        best[f"{split}_n_residues"] = totals["n_positive_residues"].to_numpy()
    best["note"] = ""
    best.loc[best["test_n_instances"] == 0, "note"] = "no instance in test: not scored there"
    return best


def best_pairs(pair_scores: pd.DataFrame) -> pd.DataFrame:
    """The pair of each concept with the best F1 on valid, best first."""
    ranked = pair_scores.sort_values(
        ["valid_f1", "valid_f1_per_residue", "feature", "concept"],
        ascending=[False, False, True, True],
    )
    return ranked.drop_duplicates("concept").reset_index(drop=True)


def pairs_that_passed(concept_report: pd.DataFrame) -> pd.DataFrame:
    """The best pairs whose F1 on test is above `GOOD_F1`."""
    return concept_report[concept_report["test_f1"] > GOOD_F1].reset_index(drop=True)


def summarise(best: pd.DataFrame) -> dict[str, Any]:
    """The headline of some best pairs, all concepts counted that have one.

    Args:
        best: One row per concept, with valid_f1 and test_f1.

    Returns:
        n_concepts, n_found (test F1 above `GOOD_F1`), mean_valid_f1, mean_test_f1.
    """
    scored = best[["valid_f1", "test_f1"]]
    means = scored.mean().fillna(0.0)
    return {
        "n_concepts": len(best),
        "n_found": int((best["test_f1"] > GOOD_F1).sum()),
        "mean_valid_f1": float(means["valid_f1"]),
        "mean_test_f1": float(means["test_f1"]),
    }
