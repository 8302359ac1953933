import re

from plmscope.features import Lane, Track, sequence_html
from plmscope.features.drawing.colours import ACTIVATION_COLOURS
from plmscope.features.drawing.sequence_html import AROUND_PEAK, aligned_html


class TestSequenceHtml:
    def test_shows_every_residue_once(self):
        html = sequence_html(
            Track("ACDEFGHIKL" * 25, {3: 0.2, 120: 0.9}, (Lane("Helix", ((3, 9),)),))
        )
        text = re.sub(r"<span class='position'>\d+</span>", "", html)
        assert re.sub(r"<[^>]+>|\n", "", text) == "ACDEFGHIKL" * 25

    def test_escapes_what_stands_for_a_residue(self):
        assert ">A&lt;<" in sequence_html(Track("A<B", {1: 0.2, 2: 0.2}))

    def test_colours_and_underlines(self):
        html = sequence_html(Track("ACDEF", {2: 0.95}, (Lane("Helix", ((4, 5),)),)))
        assert f"background:{ACTIVATION_COLOURS[-1]};color:#ffffff;'>C<" in html
        assert re.search(r"border-bottom:[^>]*>EF<", html)


class TestAlignedHtml:
    def test_peaks_stand_below_each_other_and_below_0(self):
        tracks = {
            "P1 40": Track("A" * 39 + "C" + "D" * 60, {40: 0.9}),
            "P22222 2": Track("AC", {2: 0.4}),
        }
        html = aligned_html(tracks)
        ruler, first, second = re.sub(r"<[^>]+>", "", html).split("\n")
        column = ruler.index(" 0 ") + 1
        assert first[column] == second[column] == "C"
        assert ruler.index("+30") == column + AROUND_PEAK
        assert first.endswith("D" * AROUND_PEAK)
        assert first.startswith("P1 40")
        assert second.startswith("P22222 2 ")
        assert second.endswith(" AC")
