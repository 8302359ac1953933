"""Somebody's protein steered with a feature of the tiny sample."""

import pandas as pd
import pytest

from plmscope.disk.versions import newest
from plmscope.errors import PlmscopeError

FOLDER = "08_reporting/tiny/layer_2/default"


@pytest.fixture(scope="module")
def feature(measured_root):
    """One that fires."""
    table = pd.read_parquet(newest(measured_root / f"{FOLDER}/feature_table.parquet"))
    return int(table.loc[table["n_residues_active"].idxmax(), "feature"])


@pytest.fixture(scope="module")
def accession(measured_root):
    proteins = pd.read_parquet(measured_root / "03_primary/proteins.parquet")
    return proteins.loc[proteins["length"].idxmin(), "accession"]


class TestSteering:
    def test_writes_a_table_and_a_page(self, measured_root, kedro_run, feature, accession):
        settings = {"feature": feature, "positions": "2 4-5", "doses": [0.0, 1.0]}
        kedro_run(measured_root, ["steering"], query=accession, steering=settings)
        table = pd.read_parquet(newest(measured_root / f"{FOLDER}/steering_responses.parquet"))
        own = table[table["kind"] == "feature"]
        assert set(own["number"]) == {feature}
        assert own.loc[own["dose"] == 0, "position"].is_unique
        page = newest(measured_root / f"{FOLDER}/steering.html").read_text()
        assert f"<title>{accession} steered by f/{feature}</title>" in page
        assert "edited at 2, 4–5." in page

    @pytest.mark.parametrize(
        ("query", "settings", "said"),
        [
            ("MKVAHQPLE", {}, r"Say which feature .* steering\.feature"),
            ("MKVAHQPLE", {"feature": 10**6}, "There is no feature f/1000000"),
            ("MKVAHQPLE", {"feature": None, "positions": "40"}, "Say which feature"),
            ("no_file.fasta", {"feature": 0}, "does not exist"),
        ],
    )
    def test_refuses_in_a_sentence(self, measured_root, kedro_run, query, settings, said):
        with pytest.raises(PlmscopeError, match=said):
            kedro_run(measured_root, ["steering"], query=query, steering=settings)

    def test_takes_one_sequence(self, measured_root, kedro_run, feature, tmp_path):
        path = tmp_path / "two.fasta"
        path.write_text(">one\nMKVAHQPLE\n>two\nMKVAHQPLW\n")
        with pytest.raises(PlmscopeError, match=r"2 sequences \(one, two\)\. Give one\."):
            kedro_run(measured_root, ["steering"], query=str(path), steering={"feature": feature})
