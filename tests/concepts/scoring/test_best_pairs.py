"""Which pair is the best: one order, ties included."""

import pandas as pd

from plmscope.concepts.scoring.best_pairs import best_first, best_on_test, best_pairs, hold_on_test

PAIRS = pd.DataFrame(
    [
        ("Helix", 7, 0.6, 0.2, 0.9),
        ("Helix", 3, 0.6, 0.2, 0.4),
        ("Helix", 5, 0.6, 0.3, 0.4),
        ("Turn", 1, 0.5, 0.5, 0.9),
        ("Turn", 2, 0.7, 0.1, 0.9),
    ],
    columns=["concept", "feature", "valid_f1", "valid_f1_per_residue", "test_f1"],
)


class TestOrder:
    def test_is_f1_on_valid_then_per_residue_then_the_lowest_feature(self):
        assert best_first(PAIRS)["feature"].tolist() == [2, 5, 3, 7, 1]

    def test_does_not_hang_on_the_order_of_the_rows(self):
        for seed in range(5):
            shuffled = PAIRS.sample(frac=1, random_state=seed)
            assert best_first(shuffled)["feature"].tolist() == [2, 5, 3, 7, 1]
            assert best_on_test(shuffled)["feature"].tolist() == [2, 7, 1, 5, 3]

    def test_gives_each_concept_one_pair(self):
        assert best_pairs(PAIRS)["feature"].tolist() == [2, 5]


class TestHoldOnTest:
    def test_asks_for_more_than_the_least_on_both(self):
        assert hold_on_test(PAIRS)["feature"].tolist() == [7, 2]
        assert hold_on_test(PAIRS, min_f1=0.6)["feature"].tolist() == [2]
