"""The best pair of each concept, and what they add up to."""

from typing import Any

import pandas as pd

from plmscope.concepts.amino_acids import without_amino_acids
from plmscope.concepts.counting.counts import OverlapCounts
from plmscope.concepts.scoring.best_pairs import GOOD_F1, best_first, best_on_test, best_pairs

MIN_CLUSTERS = 5
"""It counts as found by the bound when, besides, the lower end of the interval passes and as many
test clusters carry the concept: two clusters that are both hit have an interval without width."""


def report_concepts(
    pair_scores: pd.DataFrame, valid: OverlapCounts, test: OverlapCounts
) -> pd.DataFrame:
    """The best pair of each annotated concept, chosen on valid.

    Args:
        pair_scores: Scored pairs.
        valid: Counts over the validation split.
        test: Counts over the test split.

    Returns:
        The rows of `pair_scores` that `best_pairs` takes, with f1_gap (valid - test), the
        concept's instances and residues in each split, and a note where the scores need one.
        Amino acids are left out: they are the baseline.
    """
    best = best_pairs(without_amino_acids(pair_scores))
    best = best.assign(f1_gap=best["valid_f1"] - best["test_f1"])
    for split, counts in (("valid", valid), ("test", test)):
        totals = counts.concepts.set_index("concept").loc[best["concept"]]
        best[f"{split}_n_instances"] = totals["n_instances"].to_numpy()
        best[f"{split}_n_residues"] = totals["n_positive_residues"].to_numpy()
    best["note"] = ""
    best.loc[best["test_n_instances"] == 0, "note"] = "no instance in test: not scored there"
    return best


def best_to_show(best: pd.DataFrame, n: int) -> pd.DataFrame:
    """The few best pairs to set before a reader.

    Args:
        best: One row per concept.
        n: How many.

    Returns:
        Those that come first on valid among the ones that headlines count, highest test F1 first.
    """
    return best_on_test(best_first(best[best["counted"]]).head(n))


def pairs_that_passed(concept_report: pd.DataFrame) -> pd.DataFrame:
    """The best pairs whose F1 on test is above `GOOD_F1`."""
    return concept_report[concept_report["test_f1"] > GOOD_F1].reset_index(drop=True)


def count_found_by_bound(best: pd.DataFrame) -> int:
    """How many concepts are found even by the lower end of the interval.

    Args:
        best: One row per concept, with counted, test_f1, test_f1_low and test_n_clusters.
    """
    passed = pairs_that_passed(best[best["counted"]])
    is_sure = (passed["test_f1_low"] > GOOD_F1) & (passed["test_n_clusters"] >= MIN_CLUSTERS)
    return int(is_sure.sum())


def why_none_counts(
    concept_report: pd.DataFrame, annotations: pd.DataFrame, concepts: pd.DataFrame
) -> str:
    """Why there is no pair that headlines count.

    Args:
        concept_report: One row per concept, none of them counted.
        annotations: The `annotations` table.
        concepts: The `concepts` table.
    """
    if annotations.empty:
        return "no annotations: no concept was scored"
    if not concepts["kept"].any():
        return f"none of {len(concepts)} concepts is kept: no concept was scored"
    if concept_report.empty:
        return "no feature overlaps with a kept concept on valid: no concept was scored"
    return "none of the concepts scored is one that headlines count"


def summarise(best: pd.DataFrame) -> dict[str, Any]:
    """What the best pairs add up to that headlines count.

    Args:
        best: One row per concept, with counted, valid_f1, test_f1 and test_f1_per_residue.

    Returns:
        n_concepts, n_found (test F1 above `GOOD_F1`), mean_valid_f1, mean_test_f1,
        mean_test_f1_per_residue.
    """
    counted = best[best["counted"]]
    means = counted[["valid_f1", "test_f1", "test_f1_per_residue"]].mean().fillna(0.0)
    return {
        "n_concepts": len(counted),
        "n_found": len(pairs_that_passed(counted)),
        **{f"mean_{score}": mean for score, mean in means.items()},
    }
