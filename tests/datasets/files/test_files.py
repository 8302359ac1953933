"""What every stage hands on: whole files, in which damage shows."""

import random
import re

import pandas as pd
import plotly.graph_objects as go
import pytest
from kedro.io import DatasetError, Version

from plmscope.datasets.files.plot import PlotDataset
from plmscope.datasets.files.sealed_json import SealedJSONDataset
from plmscope.datasets.files.table import TableDataset
from plmscope.datasets.files.whole import WholeTextDataset
from plmscope.errors import DamagedFileError

TABLE = pd.DataFrame(
    {
        "accession": [f"P{number:05d}" for number in range(300)],
        "length": range(300),
        "share": [number / 7 for number in range(300)],
        "positions": [list(range(number % 5)) for number in range(300)],
    }
)

CONTENT = {"sae": {"k": 32}, "reason": "lowest fvu", "trial": None, "shares": [0.1, 2]}


def flipped(sound: bytes, rng: random.Random, first: int = 0) -> bytes:
    damaged = bytearray(sound)
    damaged[rng.randrange(first, len(sound))] ^= 1 << rng.randrange(8)
    return bytes(damaged)


def load_or_refuse(dataset, path):
    """What the dataset holds; None if it is refused with a message that names the file."""
    try:
        return dataset.load()
    except DatasetError as error:
        cause = error.__cause__
    assert isinstance(cause, DamagedFileError)
    assert str(path) in str(cause)
    return None


class TestTableDataset:
    def test_gives_back_what_was_saved(self, tmp_path):
        dataset = TableDataset(filepath=str(tmp_path / "table.parquet"))
        dataset.save(TABLE.assign(positions=1))
        assert dataset.load().equals(TABLE.assign(positions=1))

    def test_keeps_what_a_table_says_it_was_made_from(self, tmp_path):
        dataset, table = TableDataset(filepath=str(tmp_path / "table.parquet")), TABLE.copy()
        table.attrs["made_from"] = {"sae": "0123"}
        dataset.save(table)
        assert dataset.load().attrs == table.attrs

    @pytest.mark.parametrize("footer_only", [False, True])
    def test_a_flipped_bit_is_refused_or_harmless(self, tmp_path, footer_only):
        """Regression: 94 of 200 flipped bits in a table were used without a word."""
        path, rng = tmp_path / "table.parquet", random.Random(0)
        dataset = TableDataset(filepath=str(path))
        dataset.save(TABLE)
        sound, expected = path.read_bytes(), dataset.load()
        n_footer = int.from_bytes(sound[-8:-4], "little") + 8
        n_refused = 0
        for _ in range(200):
            path.write_bytes(flipped(sound, rng, len(sound) - n_footer if footer_only else 0))
            found = load_or_refuse(dataset, path)
            n_refused += found is None
            if found is not None:
                pd.testing.assert_frame_equal(found, expected)
        assert n_refused > 50

    def test_an_error_while_saving_leaves_the_old_table(self, tmp_path):
        dataset = TableDataset(filepath=str(tmp_path / "table.parquet"))
        dataset.save(TABLE)
        with pytest.raises(DatasetError):
            dataset.save(pd.DataFrame({"mixed": [1, "a", object()]}))
        assert len(dataset.load()) == len(TABLE)
        assert [path.name for path in tmp_path.iterdir()] == ["table.parquet"]


class TestSealedJSONDataset:
    def test_gives_back_what_was_saved(self, tmp_path):
        dataset = SealedJSONDataset(filepath=str(tmp_path / "sae_config.json"))
        dataset.save(CONTENT)
        assert dataset.load() == CONTENT

    def test_a_flipped_bit_is_refused_or_harmless(self, tmp_path):
        path, rng = tmp_path / "sae_config.json", random.Random(1)
        dataset = SealedJSONDataset(filepath=str(path))
        dataset.save(CONTENT)
        sound = path.read_bytes()
        for _ in range(200):
            path.write_bytes(flipped(sound, rng))
            assert load_or_refuse(dataset, path) in (None, CONTENT)

    @pytest.mark.parametrize("content", ["", "{", "[1, 2]", "null", '{"sae": 1}'])
    def test_something_else_is_named(self, tmp_path, content):
        path = tmp_path / "sae_config.json"
        path.write_text(content)
        with pytest.raises(DatasetError, match=re.escape(f"{path} is damaged")):
            SealedJSONDataset(filepath=str(path)).load()


class TestWrittenWhole:
    @pytest.mark.parametrize(
        ("kind", "content"),
        [(WholeTextDataset, "<html>"), (PlotDataset, go.Figure(go.Scatter(y=[1, 2])))],
    )
    @pytest.mark.parametrize("versioned", [False, True])
    def test_gives_back_what_was_saved(self, tmp_path, kind, content, versioned, recwarn):
        version = Version(None, None) if versioned else None
        dataset = kind(filepath=str(tmp_path / "report"), version=version)
        dataset.save(content)
        assert dataset.load() == content
        assert len(list(tmp_path.rglob("*"))) == (3 if versioned else 1)
        assert [str(warning.message) for warning in recwarn] == []

    @pytest.mark.parametrize("folder", ["run[1]", "a*b", "{plm}", "a b", "50%"])
    @pytest.mark.parametrize(
        ("kind", "content"),
        [(WholeTextDataset, "<html>"), (SealedJSONDataset, {"k": 32})],
    )
    def test_finds_its_versions_whatever_the_folder_is_called(
        self, tmp_path, folder, kind, content
    ):
        """Regression: Kedro takes the path for a pattern, and found no version in run[1]."""
        path = str(tmp_path / folder / "report")
        for moment in ("2026-01-01T00.00.00.000Z", "2026-01-02T00.00.00.000Z"):
            kind(filepath=path, version=Version(None, moment)).save(content)
        dataset = kind(filepath=path, version=Version(None, None))
        assert dataset.load() == content
        assert dataset.resolve_load_version() == "2026-01-02T00.00.00.000Z"

    def test_an_error_while_saving_leaves_nothing(self, tmp_path):
        with pytest.raises(DatasetError):
            WholeTextDataset(filepath=str(tmp_path / "report.html")).save(5)
        assert list(tmp_path.iterdir()) == []
