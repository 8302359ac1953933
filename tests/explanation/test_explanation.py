import json
import shutil
import subprocess
import sys

import pandas as pd
import pytest
from click.testing import CliRunner

import plmscope
from plmscope.atlas import save_atlas
from plmscope.explanation import QueryError
from plmscope.explanation.command import main


@pytest.fixture(scope="module")
def found(small_atlas, tiny_plm, strangers):
    return plmscope.explain(strangers, small_atlas, tiny_plm)


class TestSave:
    def test_every_table_is_parquet_and_csv(self, found, tmp_path):
        page = found.save(tmp_path / "out")
        assert page.read_text().startswith("<!doctype html>")
        for name, table in found.tables.items():
            pd.testing.assert_frame_equal(
                pd.read_parquet(tmp_path / "out" / f"{name}.parquet"), table, check_dtype=False
            )
            assert (
                len((tmp_path / "out" / f"{name}.csv").read_text().splitlines()) == len(table) + 1
            )

    def test_an_earlier_one_is_replaced_other_files_are_not(self, found, tmp_path):
        found.save(tmp_path / "out")
        found.save(tmp_path / "out")
        (tmp_path / "mine").mkdir()
        (tmp_path / "mine" / "thesis.txt").write_text("years of work")
        with pytest.raises(QueryError, match="holds other files"):
            found.save(tmp_path / "mine")
        assert (tmp_path / "mine" / "thesis.txt").exists()
        with pytest.raises(QueryError, match="is a file"):
            found.save(tmp_path / "mine" / "thesis.txt")

    def test_where_none_can_be_written_is_told_before(self, found, tmp_path):
        (tmp_path / "file").write_text("")
        with pytest.raises(QueryError, match="cannot be written in"):
            found.save(tmp_path / "file" / "out")

    def test_nothing_is_half_written(self, found, tmp_path, monkeypatch):
        monkeypatch.setattr(type(found), "to_html", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            found.save(tmp_path / "out")
        assert list(tmp_path.iterdir()) == []


class TestNotebook:
    def test_shows_itself(self, found):
        html = found._repr_html_()
        assert "<html" not in html
        assert "Features that stand out" in html


class TestCommand:
    """As people type it, in a folder without a project."""

    @pytest.fixture(scope="class")
    def atlas(self, small_atlas, tmp_path_factory):
        folder = tmp_path_factory.mktemp("command") / "atlas"
        save_atlas(small_atlas, folder)
        return folder

    @pytest.fixture
    def run(self, atlas, tmp_path):
        def run(*arguments):
            command = shutil.which("plmscope", path=str(_bin()))
            assert command, "the console command is not installed"
            return subprocess.run(
                [command, "explain", *arguments, "--atlas", str(atlas), "--output", "out"],
                cwd=tmp_path,
                capture_output=True,
                text=True,
                check=False,
            )

        return run

    def test_writes_what_the_function_finds(self, run, found, strangers, tmp_path):
        fasta = "".join(f">{name}\n{sequence}\n" for name, sequence in strangers.items())
        (tmp_path / "my.fasta").write_text(fasta)
        done = run("my.fasta")
        assert done.returncode == 0, done.stderr
        assert "Proteins: 6, with" in done.stdout
        for name, table in found.tables.items():
            written = pd.read_parquet(tmp_path / "out" / f"{name}.parquet")
            pd.testing.assert_frame_equal(written, table, check_dtype=False, atol=1e-5)
        facts = json.loads((tmp_path / "out" / "explanation.json").read_text())
        assert facts["atlas"]["plm_id"] == "tiny_plm"

    @pytest.mark.parametrize(
        ("query", "why"),
        [("nowhere.fasta", "does not exist"), ("MKT1", "no amino acid"), ("Q9Y6K9", "not among")],
    )
    def test_says_in_a_sentence_what_is_wrong(self, atlas, tmp_path, query, why):
        output = tmp_path / "out"
        done = CliRunner().invoke(
            main, ["explain", query, "--atlas", str(atlas), "--output", str(output)]
        )
        assert done.exit_code == 1
        assert why in done.output
        assert len(done.output.splitlines()) == 1
        assert not output.exists()


def _bin():
    from pathlib import Path

    return Path(sys.executable).parent
