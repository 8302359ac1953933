"""Evaluation against plain formulas on the whole matrix, and in the cases whose answer is known."""

import io

import numpy as np
import pytest
import torch

from plmscope.saes import make_sae
from plmscope.training import EvaluationSettings, StepSettings, Trainer, evaluate_sae

SETTINGS = EvaluationSettings(block_residues=64, dense_above=0.2)


@pytest.fixture(scope="module")
def x(store):
    return store.read_rows(0, torch.empty(store.n_residues, store.d_model))


@pytest.fixture
def sae(x):
    sae = make_sae({"architecture": "topk", "d_model": x.shape[1], "d_sae": 24, "k": 3}, seed=1)
    sae.set_input_normalisation(x.mean(0), 2.0)
    sae.b_enc.data[:4] = -100  # dead
    sae.b_enc.data[4] = 100  # fires everywhere
    sae.calibrate([x])
    return sae


class TestEvaluateSAE:
    def test_equals_the_formulas_on_the_whole_matrix(self, store, sae, x):
        evaluation = evaluate_sae(sae, store, SETTINGS)
        with torch.no_grad():
            features = sae.encode(x)
            error = (x - sae.decode(features)).double()
        x = x.double()
        l0 = (features != 0).sum(1).double()
        frequency = (features != 0).double().mean(0)
        assert evaluation.n_residues == len(x)
        assert evaluation.n_proteins == len(store.accessions)
        assert evaluation.mse == pytest.approx(float(error.square().mean()))
        assert evaluation.explained_variance == pytest.approx(
            float(1 - error.var(0).sum() / x.var(0).sum())
        )
        assert evaluation.explained_variance_per_dimension == pytest.approx(
            (1 - error.var(0) / x.var(0)).tolist()
        )
        assert evaluation.fvu == pytest.approx(
            float(error.square().sum() / (x - x.mean(0)).square().sum())
        )
        assert evaluation.l0_mean == pytest.approx(float(l0.mean()))
        assert evaluation.l0_std == pytest.approx(float(l0.std(correction=0)), abs=1e-6)
        assert evaluation.dead_fraction == pytest.approx(float((frequency == 0).double().mean()))
        assert evaluation.dense_fraction == pytest.approx(float((frequency > 0.2).double().mean()))
        assert sum(evaluation.frequencies.counts) == int((frequency > 0).sum())

    def test_identity_loses_nothing(self, store, x):
        identity = make_sae({"architecture": "identity", "d_model": 16, "d_sae": 16})
        identity.calibrate([x])
        evaluation = evaluate_sae(identity, store, SETTINGS)
        assert evaluation.fvu == pytest.approx(0, abs=1e-10)
        assert evaluation.explained_variance == pytest.approx(1)
        assert evaluation.dead_fraction == 0

    def test_a_constant_error_counts_in_fvu_but_not_in_explained_variance(
        self, store, x, monkeypatch
    ):
        off_by_one = make_sae({"architecture": "identity", "d_model": 16, "d_sae": 16})
        decode = off_by_one.decode_sparse
        monkeypatch.setattr(off_by_one, "decode_sparse", lambda features: decode(features) + 1)
        evaluation = evaluate_sae(off_by_one, store, SETTINGS)
        assert evaluation.explained_variance == pytest.approx(1)
        assert evaluation.fvu == pytest.approx(float(1 / x.var(0, correction=0).mean()), rel=1e-4)

    def test_block_size_does_not_matter(self, store, sae):
        small = evaluate_sae(sae, store, EvaluationSettings(block_residues=17))
        large = evaluate_sae(sae, store, EvaluationSettings(block_residues=4096))
        assert small.fvu == pytest.approx(large.fvu)
        assert small.l0_quantiles == large.l0_quantiles
        assert small.frequencies == large.frequencies

    def test_changes_nothing_of_the_sae_or_its_training(self, store, x):
        """Regression: evaluation moved thresholds and dead counters (docs/faults.md, fault 10)."""
        sae = make_sae({"architecture": "batch_topk", "d_model": 16, "d_sae": 24, "k": 3})
        trainer = Trainer(sae, StepSettings(n_steps=10, objective={"threshold_start_fraction": 0}))
        for batch in x.split(256):
            trainer.step(batch)

        def state():
            buffer = io.BytesIO()
            torch.save([sae.state_dict(), trainer.state_dict(), torch.get_rng_state()], buffer)
            return buffer.getvalue()

        before = state()
        evaluate_sae(sae, store, SETTINGS)
        assert state() == before

    def test_l0_quantiles_are_those_of_the_residues(self, store, x):
        relu = make_sae({"architecture": "relu", "d_model": 16, "d_sae": 32}, seed=0)
        relu.set_input_normalisation(x.mean(0), 1.0)
        with torch.no_grad():
            l0 = (relu.encode(x) != 0).sum(1).numpy()
        expected = np.quantile(l0, [0.05, 0.25, 0.5, 0.75, 0.95], method="inverted_cdf")
        assert evaluate_sae(relu, store, SETTINGS).l0_quantiles == tuple(expected)
