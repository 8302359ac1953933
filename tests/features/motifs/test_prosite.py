import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plmscope.features.motifs.alignment import align_at_peak, align_by_famsa
from plmscope.features.motifs.information import information
from plmscope.features.motifs.prosite import PatternError, find_pattern, make_pattern
from plmscope.features.motifs.settings import MotifSettings

EVEN = np.full(20, 0.05)
LETTERS = "ACDEFGHIKLMNPQRSTVWY"


def pattern_of(windows: list[str], by_famsa: bool = False, **settings: float) -> str:
    aligned = align_by_famsa(windows) if by_famsa else align_at_peak(windows)
    counts = aligned.counts()
    bits = information(counts, EVEN, len(windows))
    return make_pattern(aligned, counts, bits, MotifSettings(**settings))


class TestFinding:
    @pytest.mark.parametrize(
        ("pattern", "sequence", "places"),
        [
            ("C-x(2,4)-C", "ACAACAAAC", [(2, 5), (5, 9)]),
            ("C-x-C", "CACAC", [(1, 3), (3, 5)]),
            ("[ST]-{P}-K", "SPKTAKSGK", [(4, 6), (7, 9)]),
            ("<M-K", "MKAMK", [(1, 2)]),
            ("K-[LI]>", "KLAKI", [(4, 5)]),
            ("G(2)", "AGGGA", [(2, 3), (3, 4)]),
            ("C-H.", "ACH", [(2, 3)]),
            ("W", "AAA", []),
        ],
    )
    def test_reads_the_notation(self, pattern: str, sequence: str, places: list[tuple[int, int]]):
        assert find_pattern(pattern, sequence) == places

    @pytest.mark.parametrize(
        "text", ["", "C-", "c-x", "C-x(4,2)-C", "C.*C", "[", "x(9999)", "(a+)+"]
    )
    def test_refuses_what_is_none_and_names_it(self, text: str):
        with pytest.raises(PatternError, match=re.escape(repr(text))):
            find_pattern(text, "CCC")


class TestMaking:
    def test_names_what_is_conserved(self):
        rng = np.random.default_rng(0)
        rows = ["".join(rng.choice(list(LETTERS), 3)) + "GT" + end for end in "AVAVAVAVAVAV"]
        assert pattern_of(rows) == "G-T-[AV]"

    def test_says_nothing_of_windows_that_have_nothing_in_common(self):
        rng = np.random.default_rng(0)
        assert pattern_of(["".join(rng.choice(list(LETTERS), 7)) for _ in range(40)]) == ""

    def test_allows_as_many_residues_between_as_there_are(self):
        rng = np.random.default_rng(0)

        def some(n: int) -> str:
            return "".join(rng.choice(list("ADEGKNQST"), n))

        rows = [f"{some(6)}WCH{some(2 + n % 3)}WCH{some(5 - n % 3)}" for n in range(30)]
        pattern = pattern_of(rows, by_famsa=True)
        assert "W-C-H-x(2,4)-W-C-H" in pattern
        assert np.mean([bool(find_pattern(pattern, row)) for row in rows]) > 0.9

    @given(st.lists(st.text(LETTERS, min_size=7, max_size=7), min_size=10, max_size=20))
    def test_finds_as_many_windows_as_it_says(self, rows: list[str]):
        pattern = pattern_of(rows, matching=0.6)
        found = [not pattern or bool(find_pattern(pattern, row)) for row in rows]
        assert np.mean(found) >= 0.6
