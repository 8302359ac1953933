import numpy as np
import pandas as pd
import pytest

from plmscope.activations import ActivationStore, job_from_arrays, write_store
from plmscope.features.descriptions.llm.sampling import SAMPLED, sample_proteins
from plmscope.features.descriptions.llm.settings import LLMSettings
from plmscope.saes import SAE, make_sae

N = 200
SETTINGS = LLMSettings(
    endpoint="http://127.0.0.1:9/v1", model="m", n_top=3, per_bin=2, n_zero=4, min_top=10
)


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> tuple[ActivationStore, SAE, pd.DataFrame, pd.DataFrame]:
    """Feature 0 peaks at every height at residue 3, feature 1 nowhere; some are not public."""
    rng = np.random.default_rng(0)
    names = [f"P{number:05d}" if number % 10 else f"mine{number}" for number in range(N)]
    height = np.where(rng.random(N) < 0.2, 0.0, rng.random(N))
    arrays = {}
    for name, value in zip(names, height, strict=True):
        arrays[name] = np.zeros((8, 2), dtype=np.float32)
        arrays[name][2, 0] = value
    job = job_from_arrays(arrays, plm_id="made-up", layer=2)
    store = ActivationStore.open(write_store(tmp_path_factory.mktemp("store"), job)[2])
    sae = make_sae({"architecture": "identity", "d_model": 2, "d_sae": 2})
    sae.calibrate([np_to_torch([[0.0, 0.0], [1.0, 1.0]])])
    split = np.where(np.arange(N) % 2, "train", "test")
    proteins = pd.DataFrame({"accession": names, "origin": "annotated", "split": split})
    bins = np.bincount((height[height > 0] * 100).astype(int), minlength=100)
    statistics = pd.DataFrame({"feature": [0, 1], "peaks": [bins, np.zeros(100, dtype=int)]})
    return store, sae, proteins, statistics


def np_to_torch(rows: list[list[float]]):
    import torch

    return torch.tensor(rows)


class TestSample:
    @pytest.fixture(scope="class")
    def sampled(self, world) -> pd.DataFrame:
        return sample_proteins(*world, SETTINGS, 64)

    def test_is_of_features_with_enough_proteins(self, sampled: pd.DataFrame):
        assert set(sampled["feature"]) == {0}
        assert list(sampled) == SAMPLED

    def test_shows_train_and_holds_out_the_rest(self, sampled: pd.DataFrame, world):
        split = sampled["accession"].map(world[2].set_index("accession")["split"])
        assert set(split[sampled["part"] == "shown"]) == {"train"}
        assert set(split[sampled["part"] == "held out"]) == {"test"}

    def test_takes_so_many_of_each_tenth(self, sampled: pd.DataFrame):
        for _, part in sampled.groupby("part"):
            tenth = np.minimum((part["peak"] * 10).astype(int), 9).where(part["peak"] > 0, -1)
            assert tenth.value_counts().to_dict() == dict.fromkeys(range(9), 2) | {9: 3, -1: 4}

    def test_has_where_the_feature_fires(self, sampled: pd.DataFrame):
        for row in sampled.to_dict("records"):
            assert row["positions"].tolist() == ([3] if row["peak"] else [])
            assert row["values"].tolist() == pytest.approx([row["peak"]] if row["peak"] else [])

    def test_takes_nothing_that_is_not_public(self, sampled: pd.DataFrame):
        assert not sampled["accession"].str.startswith("mine").any()

    def test_is_the_same_each_time(self, sampled: pd.DataFrame, world):
        again = sample_proteins(*world, SETTINGS, 8)
        assert again["accession"].tolist() == sampled["accession"].tolist()

    def test_of_no_feature_with_enough_is_empty(self, world):
        none = sample_proteins(*world, SETTINGS.model_copy(update={"min_top": 10_000}), 64)
        assert none.empty
        assert list(none) == SAMPLED
