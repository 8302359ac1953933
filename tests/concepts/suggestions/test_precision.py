import numpy as np
import pytest

from plmscope.concepts.suggestions.precision import HeldOutPrecision


class TestHeldOutPrecision:
    def test_rises_in_steps_with_the_peak(self):
        peaks = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
        is_true = np.array([False, True, False, True, True, True])
        held_out = HeldOutPrecision.of_calls(peaks, is_true)
        n_calls, precision, low = held_out.at(np.array([0.05, 0.25, 0.9]))
        assert n_calls.tolist() == [1, 2, 3]
        assert precision.tolist() == pytest.approx([0.0, 0.5, 1.0])
        assert (low <= precision).all()

    def test_is_calibrated_on_its_own_calls(self):
        rng = np.random.default_rng(0)
        peaks = rng.choice(np.linspace(0.1, 1, 30), 500)
        is_true = rng.random(500) < peaks
        _, precision, _ = HeldOutPrecision.of_calls(peaks, is_true).at(peaks)
        assert precision.mean() == pytest.approx(is_true.mean())
        assert np.corrcoef(precision, peaks)[0, 1] > 0.9

    def test_bound_is_wilsons(self):
        held_out = HeldOutPrecision.of_calls(np.full(10, 0.5), np.arange(10) < 8)
        assert held_out.at(np.array([0.5]))[2].item() == pytest.approx(0.4902, abs=1e-4)

    def test_without_calls_is_zero(self):
        held_out = HeldOutPrecision.of_calls(np.zeros(0), np.zeros(0, dtype=bool))
        assert [part.item() for part in held_out.at(np.array([0.5]))] == [0, 0.0, 0.0]

    def test_of_its_steps_is_the_same(self):
        rng = np.random.default_rng(1)
        peaks = rng.random(200)
        learned = HeldOutPrecision.of_calls(peaks, rng.random(200) < peaks)
        for ours, again in zip(
            learned.at(peaks), HeldOutPrecision(learned.steps).at(peaks), strict=True
        ):
            assert ours.tolist() == again.tolist()
