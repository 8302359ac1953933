import numpy as np
import pandas as pd
import pytest

from plmscope.features.patterns.classes import PATTERNS, classify_patterns
from plmscope.features.patterns.planted import confusion_table
from plmscope.features.patterns.settings import PatternSettings

AS_FOUND = {
    "n_proteins_on": 50,
    "coverage": 0.1,
    "periodicity": 0.0,
    "repeating": 0.0,
    "near_start": 0.1,
    "near_end": 0.1,
    "near_end_by_chance": 0.1,
    "site_length": 8,
}
LETTERS = [0] * 21


def classify(**measured: float) -> pd.Series:
    row = AS_FOUND | measured
    row.setdefault("amino_acid_counts", LETTERS)
    return classify_patterns(pd.DataFrame([row]), np.array([5] * 20 + [0]), PatternSettings()).loc[
        0
    ]


class TestPlantedPatterns:
    @pytest.mark.parametrize("noise", [0.0, 0.05, 0.2])
    def test_are_told_as_what_they_are(self, noise: float):
        table = confusion_table(noise)
        right = sum(table.loc[name, name] for name in table.index if name in table)
        assert right / table.to_numpy().sum() >= 0.95
        assert set(table.columns) <= set(PATTERNS)


class TestRules:
    @pytest.mark.parametrize(
        ("measured", "pattern"),
        [
            ({"n_proteins_on": 0}, "never on"),
            ({"n_proteins_on": 4, "coverage": 1.0}, "in too few proteins"),
            ({"coverage": 0.7, "near_start": 0.9}, "whole protein"),
            ({"periodicity": 0.5, "repeating": 0.5}, "periodic"),
            ({"periodicity": 0.5, "repeating": 0.1}, "short motif"),
            ({"near_start": 0.8}, "N terminus"),
            ({"near_end": 0.8}, "C terminus"),
            ({"near_end": 0.8, "near_end_by_chance": 0.5}, "short motif"),  # of short proteins
            ({"site_length": 1}, "single residue"),
            ({"site_length": 20}, "short motif"),
            ({"site_length": 21}, "long stretch or domain"),
        ],
    )
    def test_go_in_order(self, measured: dict[str, float], pattern: str):
        assert classify(**measured)["pattern"] == pattern

    def test_prefer_what_is_common_and_more_common_than_elsewhere(self):
        counts = [60, 30, *[0] * 17, 9, 1]
        found = classify(amino_acid_counts=counts)
        assert found["amino_acids"] == "AC"
        assert found["top_amino_acid_share"] == pytest.approx(60 / 99)
        assert 0 < found["amino_acid_bits"] < np.log2(20)

    def test_of_a_feature_that_is_never_on_give_nothing_missing(self):
        found = classify(n_proteins_on=0)
        assert (found["amino_acids"], found["top_amino_acid_share"]) == ("", 0)
        assert found["amino_acid_bits"] == 0
