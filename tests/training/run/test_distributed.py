"""Data-parallel training on two gloo ranks of this machine."""

import logging
import multiprocessing
import os
import signal
import threading
import time

import pytest
import torch

from plmscope.saes import parse_sae_config
from plmscope.training import (
    RunSettings,
    TrainingCheckpoints,
    TrainingSettings,
    train_sae,
    train_saes,
)

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


def run_of(config, n_ranks: int, **changes) -> RunSettings:
    own = {"relu": {"resample_every_fraction": 0.5}, "jumprelu": {}}
    objective = own.get(config.architecture, OF_TOPK)
    update = {"n_ranks": n_ranks, "objective": objective} | changes
    return RunSettings(sae=config, training=SETTINGS.model_copy(update=update))


class TestTwoRanks:
    def test_equal_one_with_the_same_global_batch(self, store):
        together = {
            n_ranks: train_saes(store, [run_of(config, n_ranks) for config in SAES])
            for n_ranks in (1, 2)
        }
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

    def test_go_on_from_the_last_checkpoint_when_one_is_killed(
        self, store, tmp_path, capfd, caplog
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
        survived = train_sae(store, run, TrainingCheckpoints(tmp_path))
        thread.join()
        assert killed
        assert "Activations: gamma" in capfd.readouterr().err  # Regression: ranks logged nothing
        unharmed = train_sae(store, run)
        assert torch.allclose(survived.sae.W_dec, unharmed.sae.W_dec, rtol=1e-5, atol=1e-5)
