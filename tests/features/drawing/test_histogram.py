import re

from plmscope.features import histogram_svg


def heights(counts: list[int]) -> list[float]:
    return [float(h) for h in re.findall(r"<rect[^>]* height='([\d.]+)'", histogram_svg(counts))]


class TestHistogramSvg:
    def test_has_a_bar_per_bin_that_grows_with_the_count(self):
        none, one, ten, hundred = heights([0, 1, 10, 100])
        assert none == 0 < one < ten < hundred

    def test_a_decade_is_as_tall_anywhere(self):
        one, ten, hundred = heights([1, 10, 100])
        assert abs((ten - one) - (hundred - ten)) < 0.2

    def test_of_a_dead_feature_is_empty(self):
        assert heights([0] * 25) == [0] * 25
