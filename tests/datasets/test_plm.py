import pytest
from kedro.io import DatasetError

from plmscope.datasets.plm import PLMDataset


class TestPLMDataset:
    def test_loads_with_dtype_and_is_read_only(self, project):
        dataset = PLMDataset(source=str(project / "tests/data/tiny_plm"), dtype="bfloat16")
        plm = dataset.load()
        assert str(next(plm.model.parameters()).dtype) == "torch.bfloat16"
        with pytest.raises(DatasetError, match="read-only"):
            dataset.save(plm)
