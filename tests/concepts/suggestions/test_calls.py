import numpy as np
import pytest
from scipy.sparse import csc_array

from plmscope.concepts.suggestions.calls import HeldOutPrecision, find_calls


class TestFindCalls:
    def test_are_runs_within_one_protein(self):
        values = np.array([0.9, 0.6, 0.0, 0.7, 0.8, 0.4, 0.95])
        calls = find_calls(csc_array(values[:, None]), 0.5, np.array([0, 4, 7]))
        assert calls.start.tolist() == [0, 3, 4, 6]
        assert calls.stop.tolist() == [2, 4, 5, 7]
        assert calls.peak.tolist() == [0.9, 0.7, 0.8, 0.95]

    def test_of_a_silent_feature_are_none(self):
        assert len(find_calls(csc_array((5, 1)), 0.0, np.array([0, 5])).start) == 0

    def test_touch_and_cover(self):
        calls = find_calls(csc_array(np.ones((6, 1))), 0.5, np.array([0, 3, 6]))
        marked = np.array([False, False, True, False, False, False])
        assert calls.touch(marked).tolist() == [True, False]
        assert calls.cover(np.array([False, True]), 6).tolist() == [False] * 3 + [True] * 3


class TestHeldOutPrecision:
    def test_rises_in_steps_with_the_peak(self):
        peaks = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
        is_true = np.array([False, True, False, True, True, True])
        held_out = HeldOutPrecision(peaks, is_true)
        n_calls, precision, low = held_out.at(np.array([0.05, 0.25, 0.9]))
        assert n_calls.tolist() == [1, 2, 3]
        assert precision.tolist() == pytest.approx([0.0, 0.5, 1.0])
        assert (low <= precision).all()

    def test_is_calibrated_on_its_own_calls(self):
        rng = np.random.default_rng(0)
        peaks = rng.choice(np.linspace(0.1, 1, 30), 500)
        is_true = rng.random(500) < peaks
        _, precision, _ = HeldOutPrecision(peaks, is_true).at(peaks)
        assert precision.mean() == pytest.approx(is_true.mean())
        assert np.corrcoef(precision, peaks)[0, 1] > 0.9

    def test_bound_is_wilsons(self):
        held_out = HeldOutPrecision(np.full(10, 0.5), np.arange(10) < 8)
        assert held_out.at(np.array([0.5]))[2].item() == pytest.approx(0.4902, abs=1e-4)

    def test_without_calls_is_zero(self):
        held_out = HeldOutPrecision(np.zeros(0), np.zeros(0, dtype=bool))
        assert [part.item() for part in held_out.at(np.array([0.5]))] == [0, 0.0, 0.0]
