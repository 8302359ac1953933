import random
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from kedro.io import DatasetError

from plmscope.concepts import OverlapCounts
from plmscope.datasets.overlap_counts import OverlapCountsDataset
from plmscope.errors import DamagedFileError

FILES = ("concepts.parquet", "features.parquet", "pairs.parquet", "counts.json")


@pytest.fixture
def counts():
    concepts = pd.DataFrame(
        {
            "concept": ["Helix", "Turn"],
            "category": ["Helix", "Turn"],
            "level": "span",
            "n_positive_residues": [9, 0],
            "n_instances": [2, 0],
            "n_annotated": [2, 0],
        }
    )
    tp = np.zeros((2, 3, 2), dtype=np.int64)
    tp[0, 1] = [4, 1]
    n_active = np.array([[7, 2], [5, 1], [0, 0]])
    made_from = {"store": "abc", "sae": "def"}
    return OverlapCounts(
        concepts, (0.0, 0.5), 100, n_active, tp, 2 * tp, np.minimum(tp, 2), made_from
    )


def assert_equal(back: OverlapCounts, counts: OverlapCounts) -> None:
    for name in ("n_active", "tp", "n_active_annotated", "instances_hit"):
        np.testing.assert_array_equal(getattr(back, name), getattr(counts, name))
    pd.testing.assert_frame_equal(back.concepts, counts.concepts)
    for name in ("thresholds", "n_residues", "made_from"):
        assert getattr(back, name) == getattr(counts, name)


def complaints_about(dataset: OverlapCountsDataset, counts: OverlapCounts) -> list:
    """The error behind Kedro's where loading tells of damage; else the counts must be sound."""
    try:
        back = dataset.load()
    except DatasetError as error:
        return [error.__cause__]
    assert_equal(back, counts)
    return []


class TestOverlapCountsDataset:
    def test_round_trip(self, counts, tmp_path):
        dataset = OverlapCountsDataset(filepath=str(tmp_path / "counts"))
        assert not dataset.exists()
        dataset.save(counts)
        assert_equal(dataset.load(), counts)

    def test_saving_again_replaces(self, counts, tmp_path):
        dataset = OverlapCountsDataset(filepath=str(tmp_path / "counts"))
        dataset.save(counts)
        dataset.save(counts + counts)
        assert dataset.load().n_residues == 200
        assert [path.name for path in tmp_path.iterdir()] == ["counts"]

    def test_long_form_is_sparse(self, counts):
        assert len(counts.to_tables()["pairs"]) == 2


class TestDamage:
    @pytest.fixture
    def dataset(self, counts, tmp_path):
        dataset = OverlapCountsDataset(filepath=str(tmp_path / "counts"))
        dataset.save(counts)
        return dataset

    @pytest.mark.parametrize("name", FILES)
    def test_of_any_bit_is_told_or_does_no_harm(self, dataset, counts, tmp_path, name):
        """Regression: one flipped bit gave other counts, or an error that named no file."""
        path = tmp_path / "counts" / name
        sound = path.read_bytes()
        draw = random.Random(name)
        complaints = []
        for _ in range(60):
            place, bit = draw.randrange(len(sound)), draw.randrange(8)
            damaged = bytearray(sound)
            damaged[place] ^= 1 << bit
            path.write_bytes(damaged)
            complaints += complaints_about(dataset, counts)
        assert len(complaints) > 30
        for complaint in complaints:
            assert isinstance(complaint, DamagedFileError)
            assert str(path) in str(complaint)
            assert "kedro run --pipelines concept_analysis" in str(complaint)

    @pytest.mark.parametrize("name", FILES)
    def test_of_a_file_torn_or_gone_is_told(self, dataset, tmp_path, name):
        path = tmp_path / "counts" / name
        path.write_bytes(path.read_bytes()[:-20])
        with pytest.raises(DatasetError, match=f"{name}.* is damaged"):
            dataset.load()
        path.unlink()
        with pytest.raises(DatasetError, match=f"{name}.* is missing.*kedro run --pipelines"):
            dataset.load()

    def test_tables_of_another_folder_are_told(self, dataset, counts, tmp_path):
        other = OverlapCountsDataset(filepath=str(tmp_path / "other"))
        other.save(replace(counts, n_active=2 * counts.n_active))
        (tmp_path / "other/features.parquet").replace(tmp_path / "counts/features.parquet")
        with pytest.raises(DatasetError, match=r"features\.parquet is damaged"):
            dataset.load()
