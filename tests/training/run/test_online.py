"""Training on activations that are computed on the way: as from a store, and resumable."""

import itertools

import pytest
from tests.training.conftest import D_MODEL, make_arrays

from plmscope.activations import ComputedRows, job_from_arrays
from plmscope.activations.batches import BATCHES_IN_FLIGHT
from plmscope.saes import parse_sae_config
from plmscope.training import RunSettings, TrainingCheckpoints, TrainingSettings, train_sae
from plmscope.training.run import shared_pass

SAE = parse_sae_config({"architecture": "topk", "d_sae": 64, "k": 4})
BATCH_SIZE = 32
WINDOW = 10  # batches


def run_of(**changes):
    settings = {
        "n_steps": 45,
        "batch_size": BATCH_SIZE,
        "learning_rate": 3e-3,
        "dead_after_residues": 1000,
        "log_every": 15,
        "checkpoint_every": 15,
        "objective": {"threshold_start_fraction": 1 / 6, "threshold_momentum": 0.9},
    }
    return RunSettings(sae=SAE, training=TrainingSettings(**settings | changes))


def in_windows():
    n_rows = BATCH_SIZE * (WINDOW + BATCHES_IN_FLIGHT) + 1
    return run_of(memory_budget_gb=n_rows * (4 * D_MODEL + 24) * 1e-9)


@pytest.fixture
def calls():
    return []


@pytest.fixture
def rows(calls):
    """The activations of the fixture `store`, computed; it is noted of which proteins."""
    job = job_from_arrays(make_arrays(60), plm_id="tiny", layer=2, shard_residues=300)

    def compute(proteins, layers):
        calls.append(list(proteins))
        return job.compute(proteins, layers)

    from dataclasses import replace

    return ComputedRows(replace(job, compute=compute), 2)


def assert_same_weights(a, b):
    for name, value in a.state_dict().items():
        assert value.equal(b.state_dict()[name]), name


class TestOnlineTraining:
    def test_of_what_fits_the_budget_gives_the_sae_of_the_store(self, rows, store, calls):
        online, stored = train_sae(rows, run_of()), train_sae(store, run_of())
        assert_same_weights(online.sae, stored.sae)
        rate = "residues_per_second"
        assert online.history.drop(columns=rate).equals(stored.history.drop(columns=rate))
        assert sorted(itertools.chain(*calls)) == list(range(60))  # each protein once

    def test_says_what_it_was_trained_on_without_a_store(self, rows, store):
        known = train_sae(rows, run_of(n_steps=15)).sae.provenance
        assert known.store_hash is None
        assert known.split_hash == store.split_hash
        assert known.sequences_hash == store.manifest.proteins_hash
        assert (known.plm_id, known.layer) == ("tiny", 2)

    def test_broken_in_its_third_window_goes_on_to_the_same_weights(
        self, rows, calls, tmp_path, monkeypatch
    ):
        unbroken = train_sae(rows, in_windows())
        checkpoints, step = TrainingCheckpoints(tmp_path), shared_pass.Trainer.step
        n_steps = itertools.count()

        def step_or_die(self, batch):
            if next(n_steps) == 33:
                raise KeyboardInterrupt
            return step(self, batch)

        monkeypatch.setattr(shared_pass.Trainer, "step", step_or_die)
        with pytest.raises(KeyboardInterrupt):
            train_sae(rows, in_windows(), checkpoints)
        calls.clear()
        resumed = train_sae(rows, in_windows(), checkpoints)
        assert_same_weights(resumed.sae, unbroken.sae)
        n_computed = sum(rows.job.n_residues_of(proteins) for proteins in calls)
        assert n_computed < 4 * WINDOW * BATCH_SIZE + 8 * 40  # third to fifth, and the first again
