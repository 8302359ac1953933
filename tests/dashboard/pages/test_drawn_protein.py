"""Somebody's own annotations."""

import pytest

from plmscope.dashboard.pages.drawn_protein import read_spans


class TestOwnAnnotations:
    def test_are_read_by_name(self):
        content = b"start,end,name\n3,9,Site\n12,12,Site\n1,40,\n"
        assert read_spans(content, 40) == {
            "Site": [[3, 9], [12, 12]],
            "own annotation": [[1, 40]],
        }

    def test_may_be_separated_by_tabs_and_begin_with_a_mark(self):
        assert read_spans("\ufeffstart\tend\n1\t2\n".encode(), 5) == {"own annotation": [[1, 2]]}

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (b"", "first line has to name the columns start and end"),
            (b"a,b\n1,2\n", "first line has to name"),
            (b"start,end\n0,2\n", "line 2: start and end have to be residues 1 to 5"),
            (b"start,end\n1,2\n4,3\n", "line 3"),
            (b"start,end\n1,6\n", "line 2"),
            (b"start,end\n1\n", "line 2"),
            (b"start,end\n<b>,2\n", "are <b> and 2"),
            (b"\xff\xfe", "no UTF-8 text"),
            (b"0" * 1_000_001, "more than 1 MB"),
        ],
    )
    def test_what_is_wrong_is_told(self, content, said):
        with pytest.raises(ValueError, match=said):
            read_spans(content, 5)
