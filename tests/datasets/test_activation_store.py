import numpy as np
import pytest
from kedro.io import DatasetError

from plmscope.activations import job_from_arrays
from plmscope.datasets.activation_store import ActivationStoreDataset


@pytest.fixture
def job():
    return job_from_arrays({"P1": np.ones((3, 2), np.float32)}, plm_id="made-up", layer=2)


class TestActivationStoreDataset:
    def test_saves_a_job_and_loads_its_store(self, tmp_path, job):
        dataset = ActivationStoreDataset(path=str(tmp_path / "activations"), layer=2)
        assert not dataset.exists()
        dataset.save(job)
        assert dataset.exists()
        assert dataset.load().accessions == ["P1"]
        assert dataset.preview()["columns"] == ["accession", "shard", "first_row", "n_rows"]

    def test_missing_store_names_the_command(self, tmp_path):
        with pytest.raises(DatasetError, match="kedro run --pipelines embedding"):
            ActivationStoreDataset(path=str(tmp_path), layer=3).load()

    def test_job_without_the_layer_of_the_run_is_refused(self, tmp_path, job):
        """Regression: activations of another layer were used silently (interplm.md, fault 23)."""
        dataset = ActivationStoreDataset(path=str(tmp_path), layer=3)
        with pytest.raises(DatasetError, match=r"layers \[2\].* about layer 3"):
            dataset.save(job)
