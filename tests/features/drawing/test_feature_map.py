import re

import pandas as pd
import pytest

from plmscope.features import MAP_MEASURES, family_map_svg, feature_map_svg, space_map_svg

STATISTICS = pd.DataFrame(
    {
        "feature": [0, 1, 2, 3],
        "n_residues_active": [0, 10, 20, 30],
        "fraction_of_proteins": [0.0, 0.01, 0.1, 1.0],
        "fraction_when_present": [0.0, 0.001, 0.1, 0.5],
        "mean_when_active": [0.0, 0.25, 0.5, 0.75],
    }
)
NAMES = pd.Series({2: "Domain: <SH3>"})


def points(svg: str) -> dict[int, tuple[float, float]]:
    found = re.findall(r"data-feature='(\d+)' cx='([\d.]+)' cy='([\d.]+)'", svg)
    return {int(feature): (float(x), float(y)) for feature, x, y in found}


class TestFeatureMapSvg:
    @pytest.mark.parametrize("measure", MAP_MEASURES)
    def test_places_each_living_feature_by_its_figures(self, measure):
        found = points(feature_map_svg(STATISTICS, NAMES, measure))
        assert found.keys() == {1, 2, 3}
        assert found[1][0] < found[2][0] < found[3][0]
        assert found[1][1] > found[2][1] > found[3][1]

    def test_a_decade_is_as_wide_anywhere(self):
        found = points(feature_map_svg(STATISTICS, NAMES))
        assert found[2][0] - found[1][0] == pytest.approx(found[3][0] - found[2][0], abs=0.2)

    def test_names_a_named_feature(self):
        assert "<title>f/2: Domain: &lt;SH3&gt;</title>" in feature_map_svg(STATISTICS, NAMES)

    def test_can_draw_features_of_which_none_lives(self):
        assert points(feature_map_svg(STATISTICS.head(1), NAMES)) == {}


MAPPED = pd.DataFrame(
    {"feature": [1, 2, 3], "x": [0.0, 5.0, 2.0], "y": [3.0, -3.0, 0.0], "family": [0, 0, -1]}
)


class TestOtherMaps:
    def test_families_have_a_colour_each_and_are_told(self):
        drawn = family_map_svg(MAPPED, NAMES)
        first, second, alone = (
            re.search(rf"data-feature='{feature}'.*?fill='(#\w+)'.*?<title>(.*?)</title>", drawn)
            for feature in (1, 2, 3)
        )
        assert first[1] == second[1] != alone[1]
        assert second[2] == "f/2: Domain: &lt;SH3&gt;, family 0"
        assert alone[2] == "f/3: in no family"

    def test_the_chosen_feature_has_a_ring(self):
        assert feature_map_svg(STATISTICS, NAMES, chosen=2).count("class='chosen'") == 1
        assert "class='chosen'" not in feature_map_svg(STATISTICS, NAMES, chosen=0)

    def test_decoder_directions_are_where_umap_puts_them(self):
        found = points(family_map_svg(MAPPED, NAMES))
        assert found[1][0] < found[2][0]
        assert found[1][1] < found[2][1]  # up is less

    def test_space_is_up_and_the_chain_across(self):
        rows = [
            (feature, test, size)
            for feature, sizes in {1: (0.1, 2.0), 2: (1.5, 0.2)}.items()
            for test, size in zip(
                ("sequence_without_peak", "space_beyond_chain"), sizes, strict=True
            )
        ]
        tests = pd.DataFrame(rows, columns=["feature", "test", "effect_size"])
        found = points(space_map_svg(tests, NAMES))
        assert found[1][0] < found[2][0]
        assert found[1][1] < found[2][1]
