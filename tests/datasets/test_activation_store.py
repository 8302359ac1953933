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
        """Regression: activations of another layer were used silently (fault 23)."""
        dataset = ActivationStoreDataset(path=str(tmp_path), layer=3)
        with pytest.raises(DatasetError, match=r"layers \[2\].* about layer 3"):
            dataset.save(job)

    def test_says_which_layer_it_is_about(self, tmp_path):
        assert ActivationStoreDataset(path=str(tmp_path), layer=3).layer == 3

    @pytest.mark.parametrize("name", ["manifest.json", "current.json", "index.parquet"])
    def test_damage_is_named_and_saving_again_mends_it(self, tmp_path, job, name):
        dataset = ActivationStoreDataset(path=str(tmp_path), layer=2)
        dataset.save(job)
        (path,) = tmp_path.rglob(name)
        path.write_bytes(path.read_bytes()[:-3])
        with pytest.raises(DatasetError, match=f"{name} is damaged.*kedro run"):
            dataset.load()
        dataset.save(job)
        assert dataset.load().accessions == ["P1"]

    def test_store_whose_note_is_damaged_is_there_but_cannot_be_loaded(self, tmp_path, job):
        dataset = ActivationStoreDataset(path=str(tmp_path), layer=2)
        dataset.save(job)
        (tmp_path / "layer_2" / "current.json").write_text("{}")
        assert dataset.exists()
        with pytest.raises(DatasetError, match=r"current\.json is damaged"):
            dataset.load()
