"""Every kind of dataset at a URL; here fsspec's memory, which has no rename either."""

from uuid import uuid4

import pandas as pd
import plotly.graph_objects as go
import pytest
import torch
from kedro.io import DatasetError, Version

from plmscope.datasets.files.plot import PlotDataset
from plmscope.datasets.files.sealed_json import SealedJSONDataset
from plmscope.datasets.files.table import OptionalTableDataset, TableDataset
from plmscope.datasets.files.whole import WholeTextDataset
from plmscope.datasets.sae_checkpoint import SAECheckpointDataset
from plmscope.disk.files import write_sealed_json
from plmscope.disk.object_storage import FILES
from plmscope.disk.places import as_path
from plmscope.disk.versions import keep_newest, versions_of
from plmscope.saes import make_sae

VERSIONS = ["2026-01-01T00.00.00.000Z", "2026-01-02T00.00.00.000Z"]
TABLE = pd.DataFrame({"accession": ["P1", "P2"], "n": [1, 2]})


@pytest.fixture
def root():
    return f"memory://{uuid4().hex}"


def same(x, y):
    return x.equals(y) if isinstance(x, pd.DataFrame) else x == y


@pytest.mark.parametrize("is_versioned", [True, False])
@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (TableDataset, TABLE),
        (OptionalTableDataset, TABLE),
        (SealedJSONDataset, {"a": 1}),
        (WholeTextDataset, "Zürich"),
        (PlotDataset, go.Figure(go.Scatter(x=[1], y=[2]))),
    ],
)
def test_a_file_is_what_was_saved(root, kind, data, is_versioned):
    version = Version(None, VERSIONS[0]) if is_versioned else None
    dataset = kind(filepath=f"{root}/run[1]/file", version=version)
    assert not dataset.exists()
    dataset.save(data)
    assert dataset.exists()
    loaded = kind(filepath=f"{root}/run[1]/file", version=version and Version(None, None)).load()
    assert same(loaded, data)


class TestFolder:
    @pytest.fixture
    def sae(self):
        return make_sae({"architecture": "topk", "d_model": 4, "d_sae": 16, "k": 2})

    @pytest.fixture
    def folder(self, root, sae):
        """Two versions of it."""
        for version in VERSIONS:
            self.dataset(f"{root}/sae", version).save(sae)
        return as_path(f"{root}/sae")

    def dataset(self, path, version=None):
        return SAECheckpointDataset(filepath=str(path), version=Version(None, version))

    def test_is_what_was_saved(self, folder, sae):
        loaded = self.dataset(folder).load()
        assert all(map(torch.equal, loaded.state_dict().values(), sae.state_dict().values()))

    def test_version_of_which_a_file_is_missing_yet_is_none(self, folder):
        """As after a kill; `.files.json` is put last."""
        (folder / VERSIONS[1] / "sae" / FILES).unlink()
        assert [path.parent.name for path in versions_of(folder)] == VERSIONS[:1]
        assert self.dataset(folder).resolve_load_version() == VERSIONS[0]

    @pytest.mark.parametrize("harm", ["flip", "lose"])
    def test_damaged_file_is_named_by_its_url(self, folder, harm):
        path = folder / VERSIONS[1] / "sae/sae.safetensors"
        path.write_bytes(path.read_bytes()[:-1] + b"!") if harm == "flip" else path.unlink()
        with pytest.raises(DatasetError, match=rf"{path} is missing or damaged"):
            self.dataset(folder).load()

    def test_file_that_would_leave_the_folder_is_refused(self, folder):
        files = folder / VERSIONS[1] / "sae" / FILES
        write_sealed_json(files, {"files": {"../../planted.py": "0" * 64}})
        with pytest.raises(DatasetError, match=rf"{files} names a file outside its folder"):
            self.dataset(folder).load()

    def test_older_versions_are_removed(self, folder):
        assert [path.name for path in keep_newest(folder, 1)] == VERSIONS[:1]
        assert [path.parent.name for path in versions_of(folder)] == VERSIONS[1:]


def test_damaged_table_is_named_by_its_url(root):
    dataset = TableDataset(filepath=f"{root}/proteins.parquet")
    dataset.save(TABLE)
    path = as_path(f"{root}/proteins.parquet")
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(DatasetError, match=rf"{path} is damaged"):
        dataset.load()
