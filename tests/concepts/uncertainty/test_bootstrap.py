import numpy as np
import pandas as pd

from plmscope.concepts.counting.by_protein import PairCounts
from plmscope.concepts.settings import UncertaintySettings
from plmscope.concepts.uncertainty.bootstrap import add_intervals, bootstrap_intervals


def make_counts(tp, n_active, n_positive) -> PairCounts:
    """One pair per column; residue level, so that instances are residues."""
    tp, n_active, n_positive = (np.asarray(part) for part in (tp, n_active, n_positive))
    groups = pd.RangeIndex(len(tp))
    return PairCounts(groups, np.full(len(tp), 100), tp, n_active, tp, n_positive, n_positive)


class TestIntervals:
    def test_hold_the_score(self):
        rng = np.random.default_rng(0)
        n_positive = rng.integers(0, 10, (100, 3))
        tp = rng.binomial(n_positive, 0.6)
        counts = make_counts(tp, tp + rng.integers(0, 3, tp.shape), n_positive)
        intervals = bootstrap_intervals(counts, UncertaintySettings(n_resamples=200))
        scores = counts.summed(np.ones(100))
        assert (intervals["f1_low"] < scores.f1).all()
        assert (scores.f1 < intervals["f1_high"]).all()

    def test_are_wider_when_residues_come_in_few_clusters(self):
        rng = np.random.default_rng(0)
        hit = rng.random(200) < 0.6
        alone = make_counts(hit[:, None], np.ones((200, 1)), np.ones((200, 1)))
        gather = np.repeat(np.eye(20), 10, axis=1)
        together = make_counts(
            *(gather @ part for part in (alone.tp, alone.n_active, alone.n_active))
        )
        width = [
            (table["f1_high"] - table["f1_low"]).item()
            for table in (
                bootstrap_intervals(counts, UncertaintySettings(n_resamples=400))
                for counts in (alone, together)
            )
        ]
        assert width[1] > width[0]

    def test_of_a_concept_in_one_cluster_says_nothing(self):
        tp = np.zeros((5, 1), dtype=int)
        tp[2] = 3
        interval = bootstrap_intervals(make_counts(tp, tp, tp), UncertaintySettings()).iloc[0]
        assert (interval["f1_low"], interval["f1_high"]) == (0.0, 1.0)

    def test_same_seed_same_interval(self):
        tp = np.arange(12).reshape(6, 2)
        first, second = (
            bootstrap_intervals(make_counts(tp, tp + 1, tp + 2), UncertaintySettings())
            for _ in "12"
        )
        pd.testing.assert_frame_equal(first, second)


class TestAddIntervals:
    def test_counts_the_clusters_that_carry_the_concept(self):
        """Two clusters that are both hit have an interval without width: how many there are must
        stand beside it."""
        positive = np.array([[3, 0], [2, 0], [0, 4]])
        counts = make_counts(positive, positive, positive)
        best = pd.DataFrame({"concept": ["Helix", "Turn"]})
        pairs = add_intervals(best, counts, UncertaintySettings(n_resamples=100))
        assert pairs["test_n_clusters"].tolist() == [2, 1]
        assert pairs["concept"].tolist() == ["Helix", "Turn"]
        assert (pairs["test_f1_low"] <= pairs["test_f1_high"]).all()
