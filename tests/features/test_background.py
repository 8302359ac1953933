import numpy as np
import pytest

from plmscope.features.background import PeakBackground, peak_quantiles
from plmscope.features.settings import N_PEAK_BINS


def binned(peaks):
    """Peaks of one feature as the statistics hold them."""
    bins = np.minimum((np.asarray(peaks) * N_PEAK_BINS).astype(int), N_PEAK_BINS - 1)
    return np.bincount(bins, minlength=N_PEAK_BINS)


class TestSurprise:
    def test_is_the_log_of_how_many_proteins_peak_as_high(self):
        """In a protein of the mean length, length has nothing to correct."""
        background = PeakBackground(binned([0.9] * 24 + [0.3] * 25)[None], 99, np.array([100]))
        found = background.surprise(np.zeros(2, int), np.array([0.9, 0.3]), np.array([100, 100]))
        assert found.tolist() == pytest.approx([2.0, 1.0], abs=1e-3)  # 25 and 50 of 100

    def test_a_rare_feature_comes_before_a_common_one(self):
        rare, common = binned([0.9]), binned([0.9] * 90)
        background = PeakBackground(np.stack([rare, common]), 99, np.array([100]))
        found = background.surprise(np.arange(2), np.full(2, 0.9), np.full(2, 100))
        assert found[0] > 5 > 1 > found[1]

    def test_a_long_protein_is_less_surprising(self):
        background = PeakBackground(binned([0.9] * 9)[None], 99, np.array([100]))
        found = background.surprise(np.zeros(3, int), np.full(3, 0.9), np.array([50, 100, 1000]))
        assert found[0] > found[1] > found[2]

    def test_of_chance_alone_does_not_depend_on_the_length(self):
        """Residues of all proteins exceed a height at one rate: so do the surprises' means."""
        rng = np.random.default_rng(0)
        lengths = rng.integers(50, 1000, 4000)
        peaks = 1 - np.array([rng.random(n).min() for n in lengths]) ** 0.3
        background = PeakBackground(binned(peaks)[None], len(peaks), lengths)
        surprise = background.surprise(np.zeros(len(peaks), int), peaks, lengths)
        uncorrected = background.surprise(
            np.zeros(len(peaks), int), peaks, np.full(len(peaks), int(lengths.mean()))
        )
        assert abs(np.corrcoef(surprise, lengths)[0, 1]) < 0.06
        assert np.corrcoef(uncorrected, lengths)[0, 1] > 0.25

    def test_is_finite_for_a_feature_that_every_protein_has(self):
        background = PeakBackground(binned([0.9] * 10)[None], 10, np.array([100]))
        assert np.isfinite(background.surprise(np.zeros(1, int), np.array([0.1]), np.array([9])))


def test_quantiles_count_proteins_where_it_is_off_as_zero():
    peaks = binned([0.155] * 30 + [0.555] * 20)[None]
    assert peak_quantiles(peaks, 100, (0.5, 0.75, 0.95))[0].tolist() == [0.0, 0.16, 0.56]
