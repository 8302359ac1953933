"""Which of several pairs is the best, decided in one way wherever it is asked."""

import pandas as pd

GOOD_F1 = 0.5
"""A concept counts as found when its best pair passes this F1 on test (Simon & Zou 2025)."""

MIN_SHOWN_F1, N_SHOWN = 0.1, 5
"""Of the pairs of a feature, those are shown that reach this F1 on valid, so many at most."""


def best_first(pairs: pd.DataFrame) -> pd.DataFrame:
    """Pairs by F1 on valid, then F1 per residue there, then the lowest feature number."""
    return pairs.sort_values(
        ["valid_f1", "valid_f1_per_residue", "feature", "concept"],
        ascending=[False, False, True, True],
    )


def best_pairs(pair_scores: pd.DataFrame) -> pd.DataFrame:
    """The pair of each concept that comes first on valid, best first."""
    return best_first(pair_scores).drop_duplicates("concept").reset_index(drop=True)


def pairs_to_show(pair_scores: pd.DataFrame) -> pd.DataFrame:
    """The few best pairs of each feature, by feature and then the best on valid first."""
    worth_it = best_first(pair_scores[pair_scores["valid_f1"] >= MIN_SHOWN_F1])
    shown = worth_it.groupby("feature", sort=False).head(N_SHOWN)
    return shown.sort_values("feature", kind="stable", ignore_index=True)


def best_on_test(pairs: pd.DataFrame) -> pd.DataFrame:
    """Pairs by F1 on test, for a reader's eye alone; ties stay in the order of `best_first`."""
    return best_first(pairs).sort_values("test_f1", ascending=False, kind="stable")


def hold_on_test(pairs: pd.DataFrame, min_f1: float = GOOD_F1) -> pd.DataFrame:
    """The pairs whose F1 is above the least on valid, and on test too."""
    return pairs[(pairs["valid_f1"] > min_f1) & (pairs["test_f1"] > min_f1)]
