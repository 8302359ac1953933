"""The nodes of the search: the test split is never read, and what becomes of the choice."""

import numpy as np
import pandas as pd
import pytest

from plmscope import concepts, training
from plmscope.activations import ActivationStore, job_from_arrays, write_store
from plmscope.pipelines.sae_training.nodes import choose_sae_config, search_sae_settings

SAE = training.SAESettings.model_validate({"architecture": "topk", "d_sae": 16, "k": 2})
TRAINING = training.TrainingSettings(n_steps=50, batch_size=16)
SEARCH = {
    "n_trials": 3,
    "residues_per_trial": 320,
    "objectives": ["concept_f1"],
    "architectures": {"topk": {"k": {"low": 1, "high": 8}}},
    "choice": {"rule": "best_within_l0", "by": "concept_f1"},
}


@pytest.fixture
def proteins():
    return pd.DataFrame(
        {
            "accession": [f"P{i}" for i in range(16)],
            "sequence": ["ACDEFGHIKL"] * 16,
            "length": 10,
            "split": ["train"] * 8 + ["valid"] * 4 + ["test"] * 4,
        }
    )


@pytest.fixture
def annotations(proteins):
    rows = [(a, "Helix", "Helix", "span", 2, 6, i) for i, a in enumerate(proteins["accession"])]
    columns = ["accession", "category", "concept", "level", "start", "end", "instance"]
    return pd.DataFrame(rows, columns=columns)


@pytest.fixture
def arrays(proteins):
    rng = np.random.default_rng(0)
    return {a: rng.standard_normal((10, 8), dtype=np.float32) for a in proteins["accession"]}


@pytest.fixture
def search(tmp_path, proteins):
    """Run the node; give what does not depend on the clock."""
    kept = pd.DataFrame({"concept": ["Helix"], "category": "Helix", "level": "span", "kept": True})

    def run(name, arrays, annotations, **changes):
        job = job_from_arrays(arrays, plm_id="tiny", layer=2)
        store = ActivationStore.open(write_store(tmp_path / name, job)[2])
        settings = training.SearchSettings.model_validate(SEARCH | changes)
        url = f"sqlite:///{tmp_path}/{name}.db"
        annotated = concepts.AnnotatedProteins(proteins, annotations, kept)
        inputs = (store, annotated, url, SAE, TRAINING, settings)
        trials, front, *plots = search_sae_settings(*inputs, concepts.CountingSettings())
        assert len(plots) == 5
        return trials.drop(columns="seconds"), front, settings

    return run


POISON = 1e30  # finite, or no store would take it; its square is not


class TestSearch:
    def test_never_reads_the_test_split(self, search, proteins, arrays, annotations):
        """Activations of test are beyond all bounds, its annotations gone: nothing changes."""
        test = set(proteins.loc[proteins["split"] == "test", "accession"])
        poisoned = {a: np.full_like(x, POISON) if a in test else x for a, x in arrays.items()}
        clean, *_ = search("clean", arrays, annotations)
        without_test = annotations[~annotations["accession"].isin(test)]
        pd.testing.assert_frame_equal(clean, search("poisoned", poisoned, without_test)[0])
        assert clean["concept_f1"].gt(0).all()

    def test_reads_train_and_valid(self, search, proteins, arrays, annotations):
        """The poison above would have been seen."""
        clean, *_ = search("clean", arrays, annotations)
        valid = set(proteins.loc[proteins["split"] == "valid", "accession"])
        poisoned = {a: np.full_like(x, POISON) if a in valid else x for a, x in arrays.items()}
        assert set(search("poisoned", poisoned, annotations)[0]["state"]) == {"failed"}
        assert set(clean["state"]) <= {"complete", "pruned"}

    def test_hands_on_what_it_found(self, search, arrays, annotations):
        trials, front, settings = search("any", arrays, annotations)
        config = choose_sae_config(trials, front, SAE, TRAINING, settings)
        row = trials.set_index("trial").loc[config["trial"]]
        assert config["sae"]["k"] == row["k"]
        expected = training.RunSettings(sae=SAE.root, training=TRAINING).spelt_out()
        assert config["training"] == expected.training.model_dump(mode="json")
        assert "Highest concept_f1" in config["reason"]

    def test_can_be_left_out(self, search, arrays, annotations):
        trials, front, settings = search("none", arrays, annotations, n_trials=0)
        assert trials.empty
        config = choose_sae_config(trials, front, SAE, TRAINING, settings)
        assert config["sae"] == SAE.model_dump(mode="json")
        assert config["trial"] is None
