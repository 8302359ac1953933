"""Comma-separated text of what people called their proteins."""

import io

import pandas as pd
import pytest

from plmscope.disk.csv import as_csv


class TestAsCsv:
    @pytest.mark.parametrize("dtype", ["str", "object", "category"])
    def test_no_text_is_a_formula(self, dtype):
        """Regression: a spreadsheet would have run the command in a protein's name."""
        names = ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "a=b", "P-1", ""]
        table = pd.DataFrame({"name": pd.Series(names).astype(dtype)})
        found = pd.read_csv(io.StringIO(as_csv(table)), keep_default_na=False)["name"].tolist()
        assert found == [f"'{name}" for name in names[:5]] + names[5:]

    def test_no_text_ends_a_line(self):
        assert as_csv(pd.DataFrame({"name": ["a\r=1", "b\n=2"]})) == 'name\na =1\n"b\n=2"\n'

    def test_numbers_and_what_is_missing_are_as_they_were(self):
        table = pd.DataFrame({"score": [-1.5, 2.0], "name": [None, "Helix"], "mixed": [-3, "=1"]})
        assert as_csv(table) == "score,name,mixed\n-1.5,,-3\n2.0,Helix,'=1\n"
