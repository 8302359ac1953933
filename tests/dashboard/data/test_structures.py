"""Structures of the run, and uploaded ones."""

from pathlib import Path

import pandas as pd
import pytest

from plmscope.dashboard.data.run import Run
from plmscope.dashboard.data.structures import find_structure, place_upload
from plmscope.errors import PlmscopeError

UBIQUITIN = "MQIFVKTLTGKTITLEVEPSDTIENVKAKIQDKEGIPPDQQRLIFAGKQLEDGRTLSDYNIQKESTLHLVLRLRGG"


@pytest.fixture
def content(project):
    return (project / "tests/data/structures/1ubi.pdb.gz").read_bytes()


def test_the_chain_that_the_run_uses_is_found_where_it_was(tmp_path):
    run = Run("tiny", 2, "default", tmp_path)
    assert find_structure(run, "P1") is None
    file = tmp_path / "elsewhere/x.cif"
    file.parent.mkdir()
    file.write_text("")
    chains = pd.DataFrame(
        {"accession": ["P1", "P1", "P2"], "is_used": [False, True, True],
         "path": ["/nowhere", str(file), "/gone"]}
    )  # fmt: skip
    table = tmp_path / "03_primary/structure_chains.parquet"
    table.parent.mkdir()
    chains.to_parquet(table)
    assert find_structure(run, "P1") == file
    assert find_structure(run, "P2") is None
    assert find_structure(run, "P3") is None


def test_a_table_of_an_older_version_is_told_with_its_remedy(tmp_path):
    """Regression: the view waited for ever."""
    table = tmp_path / "03_primary/structure_chains.parquet"
    table.parent.mkdir()
    pd.DataFrame({"accession": ["P1"], "is_used": [True]}).to_parquet(table)
    with pytest.raises(PlmscopeError, match="kedro run --pipelines structures"):
        find_structure(Run("tiny", 2, "default", tmp_path), "P1")


class TestUpload:
    def test_is_numbered_as_the_protein(self, content):
        assert "MET A   1" in place_upload("mine.pdb.gz", content, UBIQUITIN)
        assert "MET A  11" in place_upload("mine.pdb.gz", content, "A" * 10 + UBIQUITIN)

    def test_only_the_suffix_of_the_name_is_used(self, content):
        assert place_upload("../../../etc/x.pdb.gz", content, UBIQUITIN)

    @pytest.mark.parametrize(
        ("name", "said"), [("x.exe", "structures end in"), ("x.pdb", "cannot be read|no protein")]
    )
    def test_what_is_none_is_refused(self, name, said):
        with pytest.raises(PlmscopeError, match=said):
            place_upload(name, b"\0\1\2\3", UBIQUITIN)

    def test_too_large_a_file_is_refused(self):
        with pytest.raises(PlmscopeError, match="more than 20 MB"):
            place_upload("x.pdb", b"0" * 20_000_001, UBIQUITIN)


def test_a_folder_that_is_none(tmp_path):
    assert find_structure(Run("tiny", 2, "default", Path(tmp_path / "none")), "P1") is None
