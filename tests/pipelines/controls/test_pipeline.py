import numpy as np
import pandas as pd
import pytest

from plmscope import concepts as ca
from plmscope.activations import EmbeddingSettings
from plmscope.pipelines.controls import create_pipeline
from plmscope.pipelines.controls.nodes import embed_shuffled_sequences, embed_with_random_plm
from plmscope.plms import load_plm

EMBEDDING = EmbeddingSettings(layers=(1,))


@pytest.fixture(scope="module")
def plm(project):
    return load_plm(str(project / "tests/data/tiny_plm"))


@pytest.fixture
def proteins():
    rng = np.random.default_rng(0)
    sequences = ["".join(rng.choice(list("ACDEFGHIKL"), 30)) for _ in range(3)]
    return pd.DataFrame(
        {"accession": list("PQR"), "sequence": sequences, "split": ["train", "valid", "test"]}
    )


class TestEmbedding:
    def test_the_random_plm_has_a_store_of_its_own(self, plm, proteins):
        job = embed_with_random_plm(proteins, plm, EMBEDDING, ca.ControlSettings())
        assert job.plm_revision != plm.revision
        assert job.accessions == ("P", "Q", "R")

    def test_shuffled_sequences_are_those_of_held_out_proteins(self, plm, proteins):
        job = embed_shuffled_sequences(proteins, plm, EMBEDDING, ca.ControlSettings())
        assert job.accessions == ("Q", "R")

    def test_shuffling_keeps_the_composition(self, proteins):
        shuffled = ca.shuffle_sequences(proteins, seed=0)["sequence"]
        for before, after in zip(proteins["sequence"], shuffled, strict=True):
            assert sorted(before) == sorted(after)
            assert before != after


class TestPipeline:
    def test_needs_only_what_the_main_job_makes(self):
        made_by_main_job = {
            "proteins", "plm", "sae", "sae_config", "annotations", "concepts", "control_report",
        }  # fmt: skip
        inputs = {name for name in create_pipeline().inputs() if not name.startswith("params:")}
        assert inputs == made_by_main_job
