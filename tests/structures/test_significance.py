"""Many proteins: which are chosen, and which features pass."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_rel

from plmscope.structures import StructureSettings, assess_features, summarise_structures
from plmscope.structures.measures import MEASURES, _choose
from plmscope.structures.neighbourhoods import (
    SEQUENCE,
    SEQUENCE_WITHOUT_PEAK,
    SPACE,
    SPACE_BEYOND_CHAIN,
    TESTS,
)

SETTINGS = StructureSettings(min_proteins=10)


@pytest.fixture(scope="module")
def measures():
    """Feature 0 is above permutation in space alone, feature 1 nowhere, feature 2 in 5 proteins."""
    rng = np.random.default_rng(0)
    parts = []
    for feature, n in ((0, 40), (1, 40), (2, 5)):
        table = pd.DataFrame(rng.random((n, len(MEASURES))), columns=MEASURES)
        table["feature"], table["position"] = feature, 1
        table["accession"] = [f"P{i}" for i in range(n)]
        table["cluster"] = table["accession"]
        for test in TESTS:
            table[f"{test}_null"] = table[test] + rng.normal(0, 0.01, n)
        parts.append(table)
    for test in (SPACE, SPACE_BEYOND_CHAIN):
        parts[0][f"{test}_null"] -= 0.1
    parts[0].loc[:4, SPACE_BEYOND_CHAIN] = np.nan
    return pd.concat(parts, ignore_index=True)


class TestAssess:
    def test_equals_scipy_s_paired_test(self, measures):
        tests = assess_features(measures, SETTINGS)
        assert len(tests) == 2 * len(TESTS)
        for row in tests.to_dict("records"):
            own = measures[measures["feature"] == row["feature"]].dropna(subset=[row["test"]])
            expected = ttest_rel(own[row["test"]], own[f"{row['test']}_null"])
            assert row["n_proteins"] == len(own)
            assert row["p"] == pytest.approx(expected.pvalue, rel=1e-6)
            assert row["p_corrected"] == pytest.approx(min(1, 2 * expected.pvalue), rel=1e-6)

    def test_a_feature_in_few_proteins_is_not_tested(self, measures):
        assert 2 not in set(assess_features(measures, SETTINGS)["feature"])

    def test_a_feature_that_never_differs_is_not_significant(self, measures):
        same = measures.copy()
        for test in TESTS:
            same[f"{test}_null"] = same[test]
        tests = assess_features(same, SETTINGS)
        assert (tests["p"] == 1).all()
        assert (tests["effect_size"] == 0).all()

    def test_nothing_measured(self, measures):
        tests = assess_features(measures[:0], SETTINGS)
        assert tests.empty
        assert summarise_structures(measures[:0], tests, SETTINGS)["n_features"] == 0


class TestSummary:
    def test_counts_what_is_in_space_alone(self, measures):
        summary = summarise_structures(measures, assess_features(measures, SETTINGS), SETTINGS)
        assert summary["n_features"] == 3
        assert summary["n_significant"][SPACE] == 1
        assert summary["n_significant"][SEQUENCE] == 0
        assert summary["n_significant"][SEQUENCE_WITHOUT_PEAK] == 0
        assert (summary["n_space_alone"], summary["n_space_alone_beyond_chain"]) == (1, 1)


class TestChoice:
    def test_one_protein_a_cluster_and_no_more_than_are_wanted(self, measures):
        related = measures.assign(cluster=measures["accession"].str[:2])
        chosen = _choose(related, SETTINGS.model_copy(update={"max_proteins": 7}))
        assert not chosen.duplicated(["feature", "cluster"]).any()
        assert chosen.groupby("feature").size().max() == 7
