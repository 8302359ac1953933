"""What is told before a run, against what can be counted by hand."""

import numpy as np
import pandas as pd
import pytest

from plmscope.activations import EmbeddingSettings
from plmscope.planning import Corpus, Job, PlanSettings, Speeds, make_plan
from plmscope.planning.plan import too_little_disk

EMBEDDING = EmbeddingSettings(layers=(2, 4), dtype="bfloat16")
JOB = Job(
    n_blocks=4,
    d_model=8,
    d_sae=32,
    embedding=EMBEDDING,
    trained_residues=7200,
    memory_budget_gb=1.0,
)
SPEEDS = Speeds(embedding=100, training=200, encoding=400)


@pytest.fixture
def corpus():
    return Corpus(np.array([10, 30]), np.array([True, True]))


class TestMakePlan:
    def test_flop_are_those_of_the_matrices(self, corpus, tmp_path):
        gflop = make_plan(corpus, JOB, SPEEDS, PlanSettings(folder=str(tmp_path)))["gflop"]
        weights = 4 * 8**2 + 2 * 8 * 32  # of attention, and of a feed-forward of four times d_model
        by_hand = 4 * sum(2 * weights * n + 2 * 2 * n * n * 8 for n in (10, 30))
        assert gflop["embedding"] == pytest.approx(by_hand / 1e9)
        assert gflop["training"] == pytest.approx(6 * 2 * 8 * 32 * 7200 / 1e9)

    def test_hours_are_those_of_the_speeds(self, corpus, tmp_path):
        hours = make_plan(corpus, JOB, SPEEDS, PlanSettings(folder=str(tmp_path)))["hours"]
        assert hours["embedding"] == pytest.approx(40 / 100 / 3600)
        assert hours["training"] == pytest.approx(7200 / 200 / 3600)
        assert hours["in all"] == pytest.approx(sum(hours.values()) / 2)

    def test_a_store_is_as_large_as_its_rows(self, tmp_path):
        lengths = np.full(1000, 500)
        plan = make_plan(
            Corpus(lengths, lengths > 0), JOB, SPEEDS, PlanSettings(folder=str(tmp_path))
        )
        assert plan["disk_gb"] == pytest.approx(500_000 * 8 * 2 * 2 / 1e9, rel=0.01)
        assert plan["memory_gb"] == pytest.approx(500_000 * 8 * 4 / 1e9, rel=0.01)

    def test_a_corpus_that_is_not_stored_takes_no_disk_and_is_embedded_to_be_trained_on(
        self, tmp_path
    ):
        proteins = pd.DataFrame({"length": [500, 300], "origin": ["annotated", "corpus"]})
        told = {}
        for corpus in (True, False):
            embedding = EMBEDDING.model_copy(update={"corpus": corpus})
            of = Corpus.of(proteins, embedding)
            told[corpus] = make_plan(of, JOB, SPEEDS, PlanSettings(folder=str(tmp_path)))
        assert told[True]["disk_gb"] - told[False]["disk_gb"] == pytest.approx(300 * 32 / 1e9)
        assert told[True]["hours"]["embedding"] == pytest.approx(800 / 100 / 3600)
        assert told[False]["hours"]["embedding"] == pytest.approx((500 + 7200) / 100 / 3600)

    def test_two_gpus_take_half_of_one(self, corpus, tmp_path):
        told = [
            make_plan(corpus, JOB, SPEEDS, PlanSettings(folder=str(tmp_path), n_gpus=n))
            for n in (0, 1, 2)
        ]
        assert "hours_on_gpus" not in told[0]
        one, two = (plan["hours_on_gpus"] for plan in told[1:])
        assert all(one[stage] == pytest.approx(2 * two[stage]) for stage in one)

    def test_a_folder_need_not_be_there(self, corpus, tmp_path):
        folder = str(tmp_path / "not/yet")
        plan = make_plan(corpus, JOB, SPEEDS, PlanSettings(folder=folder))
        assert plan["free_gb"] > 0
        assert too_little_disk(plan, folder) == ""
        assert "has 0.0 GB free" in too_little_disk(plan | {"free_gb": 0.0}, folder)
