import numpy as np
import pytest
from scipy.sparse import csc_array

from plmscope.concepts.calls import HeldOutPrecision, find_calls


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
    def test_counts_calls_at_or_above(self):
        held_out = HeldOutPrecision(np.array([0.2, 0.9, 0.5]), np.array([False, True, True]))
        n_calls, precision, low = held_out.at(np.array([0.1, 0.5, 0.95]))
        assert n_calls.tolist() == [3, 2, 0]
        assert precision.tolist() == pytest.approx([2 / 3, 1.0, 0.0])
        assert (low < precision)[:2].all()
        assert low[2] == 0

    def test_bound_is_wilsons(self):
        peaks = np.linspace(0.1, 1, 10)
        held_out = HeldOutPrecision(peaks, peaks > 0.25)
        assert held_out.at(np.array([0.0]))[2].item() == pytest.approx(0.4902, abs=1e-4)
