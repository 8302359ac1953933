import numpy as np
import pandas as pd
import pytest

from plmscope.concepts import OverlapCounts
from plmscope.datasets.overlap_counts import OverlapCountsDataset


@pytest.fixture
def counts():
    concepts = pd.DataFrame(
        {
            "concept": ["Helix", "Turn"],
            "category": ["Helix", "Turn"],
            "level": "span",
            "n_positive_residues": [9, 0],
            "n_instances": [2, 0],
        }
    )
    tp = np.zeros((2, 3, 2), dtype=np.int64)
    tp[0, 1] = [4, 1]
    fires = np.array([[7, 2], [5, 1], [0, 0]])
    return OverlapCounts(concepts, (0.0, 0.5), 100, fires, tp, 2 * tp, np.minimum(tp, 2))


class TestOverlapCountsDataset:
    def test_round_trip(self, counts, tmp_path):
        dataset = OverlapCountsDataset(filepath=str(tmp_path / "counts"))
        assert not dataset.exists()
        dataset.save(counts)
        back = dataset.load()
        for name in ("fires", "tp", "fires_annotated", "instances_hit"):
            np.testing.assert_array_equal(getattr(back, name), getattr(counts, name))
        pd.testing.assert_frame_equal(back.concepts, counts.concepts)

    def test_saving_again_replaces(self, counts, tmp_path):
        dataset = OverlapCountsDataset(filepath=str(tmp_path / "counts"))
        dataset.save(counts)
        dataset.save(counts + counts)
        assert dataset.load().n_residues == 200
        assert [path.name for path in tmp_path.iterdir()] == ["counts"]

    def test_long_form_is_sparse(self, counts):
        assert len(counts.to_tables()["pairs"]) == 2
