from collections.abc import Collection

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from plmscope.activations import ActivationStore
from plmscope.features import (
    PatternSettings,
    ReportingSettings,
    examples,
    survey_features,
    trace_examples,
)
from plmscope.features.examples import ExampleChooser
from plmscope.features.hits import ProteinPeaks
from plmscope.saes import SAE

SETTINGS = ReportingSettings(n_top=3, n_per_range=2, max_residues=64)


@pytest.fixture
def chosen(store: ActivationStore, sae: SAE, proteins: pd.DataFrame) -> pd.DataFrame:
    return survey_features(store, sae, proteins, SETTINGS, PatternSettings())[1]


@pytest.fixture
def peaks(features: pd.DataFrame) -> pd.DataFrame:
    """The highest value of each feature in each protein, the slow way."""
    return features.groupby(["feature", "accession"], as_index=False)["value"].max()


class TestTopProteins:
    def test_are_those_with_the_highest_peaks(self, chosen: pd.DataFrame, peaks: pd.DataFrame):
        top = chosen[chosen["kind"] == "top"]
        assert set(top["feature"]) == set(peaks["feature"])
        for feature, of_feature in top.groupby("feature"):
            expected = peaks[peaks["feature"] == feature].nlargest(3, "value")
            assert of_feature["accession"].tolist() == expected["accession"].tolist()
            assert of_feature["rank"].tolist() == list(range(1, len(expected) + 1))
            np.testing.assert_allclose(of_feature["peak"], expected["value"], rtol=1e-5)

    def test_do_not_depend_on_pruning(
        self,
        store: ActivationStore,
        sae: SAE,
        proteins: pd.DataFrame,
        chosen: pd.DataFrame,
        monkeypatch: pytest.MonkeyPatch,
    ):
        monkeypatch.setattr(examples, "_PRUNE_AT", 10)
        pd.testing.assert_frame_equal(
            survey_features(store, sae, proteins, SETTINGS, PatternSettings())[1], chosen
        )


class TestRanges:
    def test_hold_only_peaks_of_the_range(self, chosen: pd.DataFrame):
        ranges = chosen[chosen["kind"] == "range"]
        assert (ranges["peak"] > ranges["range_low"] - 1e-6).all()
        assert (ranges["peak"] <= ranges["range_high"] + 1e-6).all()

    def test_are_filled_whatever_the_scale_of_the_weights(
        self, chosen: pd.DataFrame, peaks: pd.DataFrame
    ):
        """Regression: raw activations fell outside all ranges (docs/faults.md, fault 2)."""
        edges = np.array(SETTINGS.range_edges)
        low = edges[np.digitize(np.minimum(peaks["value"], 1), edges[1:-1], right=True)]
        expected = peaks.groupby(["feature", low]).size().clip(upper=2)
        ranges = chosen[chosen["kind"] == "range"]
        found = ranges.groupby(["feature", "range_low"]).size()
        assert found.to_dict() == expected.to_dict()
        assert (ranges["range_low"] == 0.8).any()

    def test_a_peak_above_one_belongs_to_the_last_range(self):
        chosen = _choose([1.3], ReportingSettings())
        assert chosen.loc[chosen["kind"] == "range", "range_low"].tolist() == [0.8]

    def test_a_peak_on_an_edge_belongs_below(self):
        chosen = _choose([0.6], ReportingSettings())
        assert chosen.loc[chosen["kind"] == "range", "range_high"].tolist() == [0.6]

    def test_draw_follows_the_seed(self):
        draws = [
            _choose([0.5] * 50, ReportingSettings(seed=seed))["accession"].tolist()
            for seed in (0, 0, 1)
        ]
        assert draws[0] == draws[1] != draws[2]

    def test_are_not_simply_the_first_proteins(self):
        chosen = _choose([0.5] * 200, ReportingSettings(n_per_range=4))
        ranges = chosen[chosen["kind"] == "range"]
        assert ranges["accession"].tolist() != [f"P{number}" for number in range(4)]

    @given(st.lists(st.floats(0.01, 1.2), min_size=1, max_size=40))
    def test_keep_as_many_as_there_are_up_to_the_limit(self, values: list[float]):
        chosen = _choose(values, ReportingSettings(n_top=4, n_per_range=2))
        assert (chosen["kind"] == "top").sum() == min(4, len(values))
        sizes = chosen[chosen["kind"] == "range"].groupby("range_low").size()
        assert (sizes <= 2).all()
        assert sizes.sum() >= min(len(values), 2)


class TestCorpus:
    PEAKS = (0.9, 0.2, 0.8, 0.3, 0.7, 0.1)  # even: corpus; odd: annotated

    def choose(self, n_top: int, n_per_range: int = 0) -> pd.DataFrame:
        settings = ReportingSettings(n_top=n_top, n_per_range=n_per_range)
        return _choose(list(self.PEAKS), settings, corpus={"P0", "P2", "P4"})

    def names(self, chosen: pd.DataFrame, kind: str) -> list[str]:
        return chosen.loc[chosen["kind"] == kind, "accession"].tolist()

    def test_stands_behind_annotated_proteins_whatever_the_peaks(self):
        """Regression: four of five examples had no annotations to hold a feature against."""
        chosen = self.choose(n_top=2)
        assert self.names(chosen, "top") == ["P3", "P1"]
        assert self.names(chosen, "corpus") == ["P0", "P2"]

    def test_fills_up_where_there_are_too_few(self):
        chosen = self.choose(n_top=4)
        assert self.names(chosen, "top") == ["P3", "P1", "P5", "P0"]
        assert self.names(chosen, "corpus") == ["P2", "P4"]
        assert chosen.loc[chosen["kind"] == "top", "rank"].tolist() == [1, 2, 3, 4]

    def test_alone_is_the_top(self):
        chosen = _choose([0.1, 0.9], ReportingSettings(n_top=2), corpus={"P0", "P1"})
        assert self.names(chosen, "top") == ["P1", "P0"]
        assert self.names(chosen, "corpus") == []

    def test_of_a_range_is_drawn_last(self):
        settings = ReportingSettings(n_top=1, n_per_range=4)
        corpus = {f"P{number}" for number in range(3, 90)}
        for seed in range(5):
            chosen = _choose([0.5] * 90, settings.model_copy(update={"seed": seed}), corpus)
            drawn = self.names(chosen, "range")
            assert {"P0", "P1", "P2"} < set(drawn)
            assert len(drawn) == 4

    def test_does_not_depend_on_pruning(self, monkeypatch: pytest.MonkeyPatch):
        usual = self.choose(n_top=2, n_per_range=1)
        monkeypatch.setattr(examples, "_PRUNE_AT", 1)
        pd.testing.assert_frame_equal(self.choose(n_top=2, n_per_range=1), usual)

    def test_changes_nothing_for_those_who_have_none(self):
        values = np.random.default_rng(0).random(200).tolist()
        pd.testing.assert_frame_equal(
            _choose(values, ReportingSettings(), corpus={"elsewhere"}),
            _choose(values, ReportingSettings()),
        )


class TestTracing:
    def test_gives_every_active_residue(
        self, store: ActivationStore, sae: SAE, chosen: pd.DataFrame, features: pd.DataFrame
    ):
        traced = trace_examples(store, sae, chosen, SETTINGS)
        profiles = dict(iter(features.groupby(["feature", "accession"])))
        assert len(traced) == len(chosen) > 0
        for row in traced.to_dict("records"):
            expected = profiles[row["feature"], row["accession"]]
            np.testing.assert_array_equal(row["positions"], expected["position"])
            np.testing.assert_allclose(row["values"], expected["value"], rtol=1e-5)
            assert row["peak_position"] == expected.loc[expected["value"].idxmax(), "position"]

    def test_of_nothing_is_empty(self, store: ActivationStore, sae: SAE, chosen: pd.DataFrame):
        assert trace_examples(store, sae, chosen.head(0), SETTINGS).empty


class TestSettings:
    @pytest.mark.parametrize("edges", [(0.5, 0.2), (0.1, 0.1), (0.5,), (-0.1, 0.5)])
    def test_refuse_edges_that_do_not_rise_from_zero(self, edges: tuple[float, ...]):
        with pytest.raises(ValidationError, match="range_edges must rise from 0"):
            ReportingSettings(range_edges=edges)

    def test_refuse_an_edge_that_is_no_number(self):
        with pytest.raises(ValidationError, match="finite number"):
            ReportingSettings(range_edges=(0.0, float("nan")))

    @pytest.mark.parametrize("wrong", [{"seed": -1}, {"device": "cuda"}])
    def test_refuse_a_seed_below_zero_and_a_device(self, wrong: dict):
        with pytest.raises(ValidationError, match=next(iter(wrong))):
            ReportingSettings(**wrong)


def _choose(
    values: list[float], settings: ReportingSettings, corpus: Collection[str] = ()
) -> pd.DataFrame:
    """Choose among proteins in which feature 0 has these peaks, two at a time."""
    import torch

    chooser = ExampleChooser(1, len(values), settings, corpus)
    for start in range(0, len(values), 2):
        some = values[start : start + 2]
        numbers = torch.arange(len(some))
        chooser.add(
            [f"P{start + number}" for number in range(len(some))],
            ProteinPeaks(
                numbers,
                torch.zeros_like(numbers),
                torch.tensor(some),
                torch.ones_like(numbers),
                torch.ones_like(numbers),
            ),
        )
    return chooser.to_frame()
