"""Data-parallel training on two gloo ranks of this machine."""

import logging
import multiprocessing
import os
import signal
import threading
import time

import numpy as np
import pandas as pd
import pytest
import torch

from plmscope.activations import ComputedRows, EmbeddingSettings, ShuffledBatches, embedding_job
from plmscope.plms import load_plm
from plmscope.saes import parse_sae_config
from plmscope.training import (
    RunSettings,
    TrainingCheckpoints,
    TrainingSettings,
    train_sae,
    train_saes,
)
from plmscope.training.run import shared_pass

SETTINGS = TrainingSettings(
    n_steps=30,
    batch_size=64,
    learning_rate=3e-3,
    dead_after_residues=1000,
    log_every=10,
    checkpoint_every=10,
)
OF_TOPK = {"threshold_start_fraction": 1 / 3, "threshold_momentum": 0.9}
"""What TopK and those made from it are told."""
SAES = [
    parse_sae_config({"architecture": "relu", "d_sae": 64}),
    parse_sae_config({"architecture": "topk", "d_sae": 64, "k": 4}),
    parse_sae_config({"architecture": "batch_topk", "d_sae": 64, "k": 4}),
    parse_sae_config({"architecture": "jumprelu", "d_sae": 64}),
    parse_sae_config({"architecture": "matryoshka", "d_sae": 64, "k": 4}),
]


@pytest.fixture
def rows(project):
    """Proteins that the ranks embed."""
    rng = np.random.default_rng(0)
    sequences = ["".join(rng.choice(list("ACDEFGHIKLMNPQRSTVWY"), 30)) for _ in range(40)]
    proteins = pd.DataFrame({"accession": map("P{}".format, range(40)), "sequence": sequences})
    plm = load_plm(str(project / "tests/data/tiny_plm"))
    return ComputedRows(embedding_job(proteins, plm, EmbeddingSettings(layers=(2,))), 2)


def run_of(config, n_ranks: int, **changes) -> RunSettings:
    own = {"relu": {"resample_every_fraction": 0.5}, "jumprelu": {}}
    objective = own.get(config.architecture, OF_TOPK)
    update = {"n_ranks": n_ranks, "objective": objective} | changes
    return RunSettings(sae=config, training=SETTINGS.model_copy(update=update))


class BothShares:
    """What two ranks are served, side by side for one process."""

    is_global_shuffle = True

    def __init__(self, *rows_and_size, **settings):
        self.shares = [
            ShuffledBatches(*rows_and_size, **settings | {"rank": rank, "n_ranks": 2})
            for rank in (0, 1)
        ]

    @property
    def epoch(self):
        return self.shares[0].epoch

    def __next__(self):
        return torch.cat([next(share) for share in self.shares])


class TestTwoRanks:
    def test_equal_one_with_the_same_global_batch(self, store, monkeypatch):
        together = {2: train_saes(store, [run_of(config, 2) for config in SAES])}
        monkeypatch.setattr(shared_pass, "ShuffledBatches", BothShares)
        together[1] = train_saes(store, [run_of(config, 1) for config in SAES])
        for config, one, two in zip(SAES, together[1], together[2], strict=True):
            for name, value in one.sae.state_dict().items():
                torch.testing.assert_close(
                    two.sae.state_dict()[name],
                    value,
                    rtol=1e-5,
                    atol=1e-5,
                    msg=lambda text, at=(config.architecture, name): f"{at}: {text}",
                )
            for column in ("loss", "l0", "dead_fraction"):
                assert two.history[column].tolist() == pytest.approx(
                    one.history[column].tolist(), rel=1e-4, abs=1e-6
                ), (config.architecture, column)

    def test_embed_each_its_own_and_go_on_from_the_last_checkpoint_when_one_is_killed(
        self, rows, tmp_path, capfd, caplog
    ):
        caplog.set_level(logging.INFO, "plmscope")
        run = run_of(SAES[1], 2, n_steps=60, checkpoint_every=5)
        killed = []

        def kill_one_rank():
            while not list(tmp_path.rglob("step_*.pt")):
                time.sleep(0.005)
            victim = max(multiprocessing.active_children(), key=lambda process: process.pid)
            os.kill(victim.pid, signal.SIGKILL)
            killed.append(victim.pid)

        thread = threading.Thread(target=kill_one_rank)
        thread.start()
        survived = train_sae(rows, run, TrainingCheckpoints(tmp_path))
        thread.join()
        assert killed
        assert "Activations: gamma" in capfd.readouterr().err  # Regression: ranks logged nothing
        unharmed = train_sae(rows, run)
        for name, value in unharmed.sae.state_dict().items():
            assert torch.equal(survived.sae.state_dict()[name], value), name
