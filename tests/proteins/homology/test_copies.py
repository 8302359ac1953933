import pandas as pd
import pytest

from plmscope.proteins.homology.copies import MIN_PART_LENGTH, find_copies


def found(queries, targets):
    hits = find_copies(queries, targets)
    return list(zip(hits["query"], hits["target"], strict=True))


class TestFindCopies:
    def test_finds_equal_ones_parts_and_wholes(self):
        whole = "MKTAYIAKQRQISFVKSHFS"
        targets = [whole, whole[4:], whole + "W", whole[:10] + whole[11:]]
        assert found([whole], targets) == [(0, 0), (0, 1), (0, 2)]

    def test_coverages_are_the_shares_that_the_shorter_one_covers(self):
        hits = find_copies(["MKTAYIAKQR"], ["MKTAYIAKQR" * 4, "MKTAYIAK"])
        assert hits["identity"].tolist() == [1, 1]
        assert hits["query_coverage"].tolist() == pytest.approx([1, 0.8])
        assert hits["target_coverage"].tolist() == pytest.approx([0.25, 1])

    def test_a_part_so_short_that_it_lies_anywhere_counts_only_if_it_is_all(self):
        """The human protein EI lies in nearly every other."""
        peptide = "MKTAYIAK"[: MIN_PART_LENGTH - 1]
        assert found([peptide, "EI"], [f"{peptide}W", "AEIW", "EI", peptide]) == [(0, 3), (1, 2)]
        assert found([f"{peptide}W", "AEIW"], [peptide, "EI"]) == []

    def test_the_shortest_part_that_counts(self):
        peptide = "MKTAYIAKQ"[:MIN_PART_LENGTH]
        assert found([peptide], [f"{peptide}W"]) == found([f"{peptide}W"], [peptide]) == [(0, 0)]

    @pytest.mark.parametrize(("queries", "targets"), [([], []), (["MK"], []), ([], ["MK"])])
    def test_nothing(self, queries, targets):
        hits = find_copies(queries, targets)
        assert hits.empty
        pd.testing.assert_series_equal(hits.dtypes, find_copies(["MK"], ["MK"]).dtypes)
