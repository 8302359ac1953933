"""What a motif and a name lead to."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from plmscope.dashboard import DashboardData, find_runs
from plmscope.dashboard.data.find import features_of_motif, features_of_proteins, proteins_named
from plmscope.errors import PlmscopeError


@pytest.fixture
def data(data_root: Path, tmp_path: Path) -> DashboardData:
    """Feature 3 has the motif in one of its two windows, feature 5 in both, feature 0 is dead."""
    root = tmp_path / "data"
    shutil.copytree(data_root, root)
    run = find_runs(root)[0]
    motifs = pd.DataFrame(
        {
            "feature": [0, 3, 5, 7],
            "rows": [["ACAAC"], ["-CAAC-", "GGGGGG"], ["CKKC", "CRRRC"], []],
        }
    )
    motifs.to_parquet(run.path("feature_statistics").with_name("feature_motifs.parquet"))
    return DashboardData(run)


class TestMotif:
    def test_the_largest_share_comes_first(self, data):
        found = features_of_motif(data, "C-x(2,3)-C")
        assert found.to_dict() == {5: "in 2 of 2 windows", 3: "in 1 of 2 windows"}
        assert found.index.tolist() == [5, 3]

    def test_what_is_no_pattern_is_refused(self, data):
        with pytest.raises(PlmscopeError, match="is no PROSITE pattern"):
            features_of_motif(data, "C-x(2")

    def test_a_run_without_motifs_has_none(self, data_root):
        assert features_of_motif(DashboardData(find_runs(data_root)[0]), "C").empty


class TestProteins:
    def test_words_in_any_order_lead_to_examples(self, data):
        found, n_proteins = features_of_proteins(data, "7 kinase")
        examples = data.examples_in(["P00007"])
        assert n_proteins == 1
        assert set(found.index) == set(examples["feature"])
        assert found.str.startswith("P00007, peak ").all()

    @pytest.mark.parametrize(
        ("text", "accessions"),
        [
            ("p00003", ["P00003"]),
            ("gene4", ["P00004"]),
            ("alias11", ["P00011"]),
            ("PROT9_HUMAN", ["P00009"]),
            ("M" * 80, []),
            ("", []),
        ],
    )
    def test_are_named_by_accession_gene_or_name(self, data, text, accessions):
        assert proteins_named(data, text)["accession"].tolist() == accessions

    def test_a_name_that_many_have_gives_all(self, data):
        assert len(proteins_named(data, "protein kinase")) == 12
