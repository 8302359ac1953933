import numpy as np
import pandas as pd
import pytest

from plmscope.concepts.counting.by_protein import PairCounts
from plmscope.concepts.counting.labelled_features import LabelledFeatures
from plmscope.concepts.counting.overlaps import count_overlaps
from plmscope.concepts.labels import ConceptLabels
from plmscope.concepts.scoring.scores import score_pairs
from plmscope.concepts.settings import (
    CountingSettings,
    StatisticsCheckSettings,
    UncertaintySettings,
)
from plmscope.concepts.uncertainty.statistics_check import check_intervals, check_p_values


class TestPValues:
    def test_nothing_is_found_on_shuffled_labels(self, tables, given_features):
        """The world has a perfect feature: once its labels are shuffled it must be gone."""
        proteins, annotations, concepts = tables
        rng = np.random.default_rng(0)
        values, rows = {}, []
        for number in range(50):
            clumps = np.repeat(rng.random((13, 20)) < 0.2, 4, axis=0)[:50]
            values[f"P{number}"] = clumps * rng.random((50, 20))
            start = int(rng.integers(1, 40))
            values[f"P{number}"][start - 1 : start + 9, 0] = 1
            rows.append((f"P{number}", "Helix", "span", start, start + 9, number))
        table = annotations(rows)
        sequences = dict.fromkeys(values, "X" * 50)
        labels = ConceptLabels.of_split(proteins(sequences), table, concepts(table), "valid")
        store, encoder = given_features(values)
        counting = CountingSettings()
        counts = count_overlaps(LabelledFeatures(store, encoder, labels), counting)
        report = check_p_values(
            LabelledFeatures(store, encoder, labels),
            pd.Series(labels.accessions, labels.accessions),
            score_pairs(counts, counts),
            counting,
            UncertaintySettings(n_permutations=100),
            StatisticsCheckSettings(n_shuffles=30),
        )
        assert report.n_pairs == 20
        assert report.fraction_discovered < 0.02
        assert report.fraction_below["0.05"] == pytest.approx(0.05, abs=0.03)


class TestIntervals:
    def test_hold_a_planted_truth(self):
        """300 clusters, half of them with the concept: coverage must be 93 to 97 %."""
        rng = np.random.default_rng(0)
        shape = (300, 20)
        n_instances = rng.integers(1, 4, shape) * (rng.random(shape) < 0.5)
        hit = rng.binomial(n_instances, 0.7)
        tp, n_active = 5 * hit, 5 * hit + rng.poisson(1.0, shape)
        counts = PairCounts(
            pd.RangeIndex(300), np.full(300, 200), tp, n_active, hit, 8 * n_instances, n_instances
        )
        report = check_intervals(
            counts, UncertaintySettings(n_resamples=400), StatisticsCheckSettings(n_samples=60)
        )
        assert report.n_pairs == 20
        assert all(0.93 <= share <= 0.97 for share in report.coverage.values())
