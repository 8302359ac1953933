import re
import xml.etree.ElementTree as ET

import pytest

from plmscope.features import Lane, Track, picture_svg, protein_svg, window_svg
from plmscope.features.drawing.colours import ACTIVATION_COLOURS, N_LEVELS, level_of


def track(length: int, top: float = 1.0) -> Track:
    activation = {position: top * (position % 10 + 1) / 10 for position in range(1, length + 1)}
    return Track("ACDEFGHIKL" * (length // 10), activation, (Lane("Helix", ((3, 9),)),))


def heights(svg: str) -> list[float]:
    return [float(height) for height in re.findall(r"v-([\d.]+)h", svg)]


class TestProteinSvg:
    def test_draws_a_protein_with_as_many_elements_whatever_its_length(self):
        """Regression: two traces per residue made pages slow (docs/faults.md, fault 22)."""
        short, long = (protein_svg(track(length)).count("class='bars'") for length in (100, 5000))
        assert short == long <= N_LEVELS

    def test_equal_activations_look_equal_in_any_protein(self):
        """Regression: colours were scaled per protein (docs/faults.md, fault 17)."""
        weak, strong = Track("A" * 99, {5: 0.4}), Track("A" * 99, {5: 0.4, 9: 1.0})
        colour = ACTIVATION_COLOURS[level_of(0.4)]
        assert colour in protein_svg(weak)
        assert colour in protein_svg(strong)
        assert heights(protein_svg(weak))[0] == min(heights(protein_svg(strong)))

    def test_a_bar_ends_at_one(self):
        above, one = (heights(protein_svg(Track("AAA", {2: value}))) for value in (1.7, 1.0))
        assert above == one

    def test_marks_each_annotated_span(self):
        svg = protein_svg(Track("A" * 90, {4: 0.5}, (Lane("Helix", ((3, 9), (20, 30))),)))
        assert "Helix 3–9" in svg
        assert "Helix 20–30" in svg

    @pytest.mark.parametrize("draw", [protein_svg, window_svg])
    def test_is_well_formed_whatever_the_concept_is_called(self, draw):
        drawn = draw(Track("ACDE", {2: 0.5}, (Lane("a <b> & 'c'", ((1, 2),)),)))
        texts = [element.text for element in ET.fromstring(drawn).iter() if element.text]
        assert "a <b> & 'c'" in texts

    @pytest.mark.parametrize("draw", [protein_svg, window_svg])
    def test_says_a_remark_in_place_of_lanes_within_the_drawing(self, draw):
        root = ET.fromstring(draw(Track("ACDE", {2: 0.5}, remark="without <annotations>")))
        (remark,) = [each for each in root.iter() if each.text == "without <annotations>"]
        assert float(remark.get("y")) < float(root.get("viewBox").split()[3])


class TestWindowSvg:
    def test_escapes_what_stands_for_a_residue(self):
        drawn = window_svg(Track("A<&", {2: 0.5}))
        assert "<2" not in drawn
        ET.fromstring(drawn)

    def test_shows_the_residues_around_the_peak(self):
        activation = dict.fromkeys(range(1, 300), 0.1) | {200: 0.9}
        letters = re.findall(
            r"<title>([A-Z])(\d+): ([\d.]+)", window_svg(Track("C" * 300, activation))
        )
        positions = [int(position) for _, position, _ in letters]
        assert positions == list(range(170, 231))
        assert ("C", "200", "0.90") in letters

    @pytest.mark.parametrize("peak", [1, 300])
    def test_stays_inside_the_protein(self, peak: int):
        drawn = window_svg(Track("C" * 300, {peak: 0.9}))
        positions = [int(p) for p in re.findall(r"<title>C(\d+)", drawn)]
        assert peak in positions
        assert len(positions) == 61


class TestPictureSvg:
    def test_stands_alone_with_title_and_both_drawings(self):
        drawn = picture_svg(track(300), "f/7 & a title", "a subtitle")
        texts = [element.text for element in ET.fromstring(drawn).iter() if element.text]
        assert {"f/7 & a title", "a subtitle", "Helix"} <= set(texts)
        assert drawn.count("class='bars'") == 2 * protein_svg(track(300)).count("class='bars'")
