"""The nodes of SAE training and evaluation: which split they see, and what they pass on."""

import numpy as np
import pandas as pd
import pytest

from plmscope import training
from plmscope.activations import ActivationStore, job_from_arrays, write_store
from plmscope.pipelines.sae_evaluation.nodes import evaluate_chosen_sae
from plmscope.pipelines.sae_training.nodes import (
    evaluate_splits,
    plot_training,
    train_sae,
)
from plmscope.proteins import empty_protein_tables, hash_of_accessions

SAE = training.SAESettings.model_validate({"architecture": "topk", "d_sae": 16, "k": 2})
TRAINING = training.TrainingSettings(
    preset="paper", n_steps=20, batch_size=16, log_every=5, checkpoint_every=10
)


@pytest.fixture(scope="module")
def proteins():
    return pd.DataFrame(
        {
            "accession": [f"P{i}" for i in range(12)],
            "sequence": ["ACDEFGHIKL"] * 12,
            "split": ["train"] * 8 + ["valid"] * 3 + ["test"],
        }
    )


@pytest.fixture(scope="module")
def activations(proteins, tmp_path_factory):
    rng = np.random.default_rng(0)
    arrays = {a: rng.standard_normal((10, 8), dtype=np.float32) for a in proteins["accession"]}
    job = job_from_arrays(arrays, plm_id="tiny", layer=2)
    return ActivationStore.open(write_store(tmp_path_factory.mktemp("store"), job)[2])


@pytest.fixture(scope="module")
def trained(activations, proteins, tmp_path_factory):
    checkpoints = training.TrainingCheckpoints(tmp_path_factory.mktemp("checkpoints"))
    run = {"sae": SAE.model_dump(mode="json"), "training": TRAINING.model_dump(mode="json")}
    return train_sae(activations, proteins, run, checkpoints)


class TestTrainSAE:
    def test_sees_the_train_split_alone(self, trained, activations, proteins):
        sae, _ = trained
        train = activations.select(proteins.loc[proteins["split"] == "train", "accession"])
        assert sae.provenance.split_hash == hash_of_accessions(train.accessions)
        alone = training.train_sae(train, training.RunSettings(sae=SAE.root, training=TRAINING)).sae
        assert sae.W_dec.equal(alone.W_dec)


class TestEvaluateSplits:
    def test_gives_an_evaluation_of_valid_and_of_test(self, trained, activations, proteins):
        settings = training.EvaluationSettings(fidelity_proteins=0)
        evaluations = evaluate_splits(trained[0], activations, proteins, None, settings)
        assert {split: e["n_proteins"] for split, e in evaluations.items()} == {
            "valid": 3,
            "test": 1,
        }
        for evaluation in evaluations.values():
            training.SAEEvaluation.model_validate(evaluation)


class TestEvaluateChosenSAE:
    def test_works_on_a_store_without_sequences(self, trained, activations):
        evaluation = evaluate_chosen_sae(
            trained[0], activations, empty_protein_tables(), None, training.EvaluationSettings()
        )
        assert evaluation["n_proteins"] == 12
        assert evaluation["fidelity_masked"] is None


class TestPlotTraining:
    def test_draws_loss_l0_and_dead_share(self, trained):
        history = trained[1]
        figure = plot_training(history)
        for trace, column in zip(figure.data, ["loss", "l0", "dead_fraction"], strict=True):
            assert list(trace.y) == history[column].tolist()
