import numpy as np
import pandas as pd
import pytest

from plmscope.concepts.annotated_proteins import AnnotatedProteins
from plmscope.concepts.counting.labelled_features import LabelledFeatures
from plmscope.concepts.settings import CountingSettings
from plmscope.concepts.suggestions.calibration import (
    ALL_OF_TEST,
    N_FOLDS,
    assign_folds,
    calibrate_calls,
    calibration_by_bin,
    calibration_error,
)
from plmscope.concepts.suggestions.called_proteins import call_pairs
from plmscope.concepts.suggestions.precision import HeldOutPrecision

PAIRS = pd.DataFrame(
    {
        "concept": ["Motif: X"], "category": ["Motif"], "level": ["span"], "feature": [1],
        "threshold": [0.5], "longest": [5],
    }
)  # fmt: skip


@pytest.fixture(scope="module")
def calibrated(tables, given_features):
    """Sixty test proteins, two a cluster; the feature is right where it peaks above 0.75."""
    proteins, annotations, concepts = tables
    names = [f"P{number:02d}" for number in range(60)]
    peaks = np.linspace(0.55, 0.95, 60)
    marked = [name for name, peak in zip(names, peaks, strict=True) if peak > 0.75]
    table = annotations([(name, "Motif: X", "span", 5, 9, i) for i, name in enumerate(marked)])
    values = {name: np.zeros((20, 3)) for name in names}
    for name, peak in zip(names, peaks, strict=True):
        values[name][4:9, 1] = peak
    sequences = proteins(dict.fromkeys(names, "X" * 20))
    sequences = sequences.assign(split="test", cluster=[f"C{i // 2}" for i in range(60)])
    annotated = AnnotatedProteins(sequences, table, concepts(table))
    store, encoder = given_features(values)
    labelled = LabelledFeatures(store, encoder, annotated.all_labels())
    called = call_pairs(labelled, PAIRS, CountingSettings())
    return annotated, calibrate_calls(called, annotated)


def test_a_general_call_beside_a_special_one_does_not_count(tables, given_features):
    """Regression: precision was stated from calls that nobody is shown."""
    proteins, annotations, concepts = tables
    rows = [(name, "Domain: SH3", "span", 5, 9, 0) for name in ("P0", "P1")]
    rows += [(name, "Domain: any", "span", 5, 9, 0) for name in ("P0", "P1")]
    table = annotations(rows)
    sequences = proteins({"P0": "X" * 20, "P1": "X" * 20}).assign(split="test")
    annotated = AnnotatedProteins(sequences, table, concepts(table))
    values = {name: np.zeros((20, 2)) for name in ("P0", "P1")}
    values["P0"][4:9] = 0.9  # both features
    values["P1"][11:14, 1] = 0.9  # the general one alone, where nothing is
    store, encoder = given_features(values)
    pairs = pd.DataFrame(
        {
            "concept": ["Domain: SH3", "Domain: any"], "category": "Domain", "level": "span",
            "feature": [0, 1], "threshold": 0.5, "longest": 5,
        }
    )  # fmt: skip
    labelled = LabelledFeatures(store, encoder, annotated.all_labels())
    _, calls = calibrate_calls(call_pairs(labelled, pairs, CountingSettings()), annotated)
    assert calls[["concept", "accession", "is_true"]].to_numpy().tolist() == [
        ["Domain: SH3", "P0", True],
        ["Domain: any", "P1", False],
    ]


class TestCalibration:
    def test_clusters_stay_whole(self, calibrated):
        annotated, _ = calibrated
        folds = assign_folds(annotated)
        assert folds.groupby(annotated.cluster_of).nunique().max() == 1
        assert sorted(folds.unique()) == list(range(N_FOLDS))

    def test_no_call_is_stated_from_itself(self, calibrated):
        _, (_, calls) = calibrated
        for fold in range(N_FOLDS):
            here = calls["fold"] == fold
            others = calls[~here]
            held_out = HeldOutPrecision.of_calls(
                others["peak"].to_numpy(), others["is_true"].to_numpy()
            )
            expected = held_out.at(calls.loc[here, "peak"].to_numpy())[1]
            assert calls.loc[here, "stated_precision"].tolist() == expected.tolist()

    def test_what_is_shipped_rests_on_all_of_test(self, calibrated):
        _, (precision, calls) = calibrated
        shipped = precision[precision["fold"] == ALL_OF_TEST]
        assert shipped["n_calls"].sum() == len(calls) == 60
        assert shipped["n_true"].sum() == calls["is_true"].sum()
        assert set(shipped["n_clusters_called"]) == set(shipped["n_clusters"]) == {30}

    def test_bins_and_error_are_the_obvious_ones(self):
        calls = pd.DataFrame(
            {
                "feature": 0,
                "stated_precision": [0.0, 0.05, 0.95, 1.0],
                "is_true": [False, True, True, True],
            }
        )
        by_bin = calibration_by_bin(calls)
        assert by_bin["n_calls"].tolist() == [2, 2]
        assert by_bin["observed"].tolist() == [0.5, 1.0]
        assert calibration_error(by_bin) == pytest.approx((0.475 + 0.025) / 2)
