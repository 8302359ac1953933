import pandas as pd
import pytest

from plmscope.concepts.scoring.headline import (
    best_pairs,
    best_to_show,
    count_found_by_bound,
    summarise,
)
from plmscope.concepts.scoring.summary import Headline


def make_best(**columns) -> pd.DataFrame:
    """One row per concept; what is not given is good."""
    n_concepts = max(len(column) for column in columns.values())
    concepts = [f"Concept {number}" for number in range(n_concepts)]
    usual = {
        "concept": concepts,
        "feature": range(n_concepts),
        "valid_f1": 0.9,
        "valid_f1_per_residue": 0.4,
        "test_f1": 0.8,
        "test_f1_per_residue": 0.3,
        "test_f1_low": 0.7,
        "test_n_clusters": 9,
        "counted": True,
    }
    return pd.DataFrame(usual | columns)


class TestBestPairs:
    def test_ties_go_to_the_better_f1_per_residue_then_to_the_lowest_feature(self):
        tied = pd.DataFrame(
            {
                "concept": "Helix",
                "feature": [1, 7, 3],
                "valid_f1": 0.5,
                "valid_f1_per_residue": [0.4, 0.5, 0.5],
            }
        )
        assert best_pairs(tied)["feature"].tolist() == [3]


class TestBestToShow:
    def test_are_chosen_on_valid_and_sorted_by_test(self):
        """Regression: the ten best were those that happened to be best on test."""
        best = make_best(valid_f1=[0.6, 0.9, 0.8], test_f1=[1.0, 0.1, 0.2])
        assert best_to_show(best, 2)["concept"].tolist() == ["Concept 2", "Concept 1"]

    def test_leave_out_what_headlines_do_not_count(self):
        best = make_best(valid_f1=[0.9, 0.8], counted=[False, True])
        assert best_to_show(best, 2)["concept"].tolist() == ["Concept 1"]


class TestSummary:
    def test_counts_what_passes_on_test(self):
        best = make_best(valid_f1=[0.9, 0.8], test_f1=[0.51, 0.5], test_f1_per_residue=[0.1, 0.2])
        assert summarise(best) == {
            "n_concepts": 2,
            "n_found": 1,
            "mean_valid_f1": pytest.approx(0.85),
            "mean_test_f1": pytest.approx(0.505),
            "mean_test_f1_per_residue": pytest.approx(0.15),
        }

    def test_leaves_out_what_is_not_counted(self):
        """Regression: "Domain: any", which is half of all residues, counted as found."""
        of_all = summarise(make_best(test_f1=[0.8, 0.2, 0.9], counted=[True, True, False]))
        assert of_all == summarise(make_best(test_f1=[0.8, 0.2]))

    def test_of_nothing_is_zero(self):
        nothing = make_best(test_f1=[0.8]).head(0)
        assert summarise(nothing)["mean_test_f1"] == 0.0
        assert count_found_by_bound(nothing) == 0


class TestFoundByBound:
    def test_needs_f1_lower_end_and_clusters(self):
        best = make_best(
            test_f1=[0.8, 0.5, 0.8, 0.8, 0.8],
            test_f1_low=[0.51, 0.6, 0.5, 0.6, 0.6],
            test_n_clusters=[5, 9, 9, 4, 9],
            counted=[True, True, True, True, False],
        )
        assert count_found_by_bound(best) == 1


class TestHeadline:
    def test_counts_all_pairs_features_and_concepts_above_half(self):
        pairs = pd.DataFrame(
            {
                "concept": ["Helix", "Helix", "Turn", "Turn", "Domain: any"],
                "feature": [0, 1, 1, 2, 3],
                "valid_f1": [0.9, 0.6, 0.7, 0.9, 0.9],
                "valid_f1_per_residue": 0.5,
                "test_f1": [0.8, 0.6, 0.6, 0.5, 0.9],
                "test_f1_per_residue": 0.25,
                "counted": [True, True, True, True, False],
            }
        )
        best = best_pairs(pairs).assign(test_f1_low=0.6, test_n_clusters=5)
        assert Headline.of_pairs(pairs, best) == Headline(
            n_concepts=2,
            n_found=1,
            mean_valid_f1=0.9,
            mean_test_f1=0.65,
            mean_test_f1_per_residue=0.25,
            n_pairs_above_half=3,
            n_features_above_half=2,
            n_concepts_above_half=2,
            n_found_by_bound=1,
        )
