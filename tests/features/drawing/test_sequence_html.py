import re

from plmscope.features import Lane, Track, sequence_html
from plmscope.features.drawing.colours import ACTIVATION_COLOURS


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
