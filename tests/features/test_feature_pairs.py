"""What the pipeline writes of each feature's pairs."""

import pandas as pd
import pytest

from plmscope.concepts.scoring.best_pairs import MIN_SHOWN_F1, N_SHOWN
from plmscope.disk.versions import newest

REPORTS = "08_reporting/tiny/layer_2/default"
SCORES = ("test_precision", "test_recall", "test_f1")
BOUNDS = [f"{score}_{end}" for score in SCORES for end in ("low", "high")]


@pytest.fixture(scope="module")
def table(measured_root):
    return lambda name: pd.read_parquet(newest(measured_root / f"{REPORTS}/{name}.parquet"))


class TestFeaturePairs:
    def test_are_the_best_on_valid_of_each_feature(self, table):
        pairs, scores = table("feature_pairs"), table("pair_scores")
        assert pairs["valid_f1"].min() >= MIN_SHOWN_F1
        for feature, own in scores[scores["valid_f1"] >= MIN_SHOWN_F1].groupby("feature"):
            shown = pairs.loc[pairs["feature"] == feature, "valid_f1"].tolist()
            assert shown == sorted(own["valid_f1"], reverse=True)[:N_SHOWN]

    def test_have_the_intervals_of_the_concept_report(self, table):
        """There the same pairs are counted with few others; here with all."""
        shown, alone = table("feature_pairs"), table("concept_report")
        both = shown.merge(alone, on=["feature", "concept"], suffixes=("", "_alone"))
        assert len(both) > 3
        for bound in BOUNDS:
            pd.testing.assert_series_equal(both[bound], both[f"{bound}_alone"], check_names=False)
