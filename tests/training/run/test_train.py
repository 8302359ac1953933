"""Whole training runs on a tiny store: what they give, that they repeat, that they go on."""

import itertools
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import torch

from plmscope.proteins import hash_of_accessions
from plmscope.saes import SAEConfig, check_compatible, load_sae, parse_sae_config
from plmscope.training import (
    EvaluationSettings,
    RunSettings,
    TrainingCheckpoints,
    TrainingError,
    TrainingSettings,
    evaluate_sae,
    train_sae,
    train_saes,
)
from plmscope.training.run import shared_pass

SETTINGS = TrainingSettings(
    n_steps=60,
    batch_size=64,
    learning_rate=3e-3,
    dead_after_residues=1000,
    log_every=10,
    checkpoint_every=10,
)
OF_TOPK = {"threshold_start_fraction": 1 / 6, "threshold_momentum": 0.9}
"""What TopK and those made from it are told."""
TRAINABLE = ["relu", "topk", "batch_topk", "jumprelu", "matryoshka"]


def config_of(architecture: str = "batch_topk", **settings) -> SAEConfig:
    k = {"k": 4} if "topk" in architecture or architecture == "matryoshka" else {}
    return parse_sae_config({"architecture": architecture, "d_sae": 64, **k, **settings})


def with_settings(**changes) -> TrainingSettings:
    return TrainingSettings.model_validate(SETTINGS.model_dump() | changes)


def run_of(config: SAEConfig, settings: TrainingSettings = SETTINGS) -> RunSettings:
    if not settings.objective and config.architecture not in ("relu", "jumprelu"):
        settings = settings.model_copy(update={"objective": OF_TOPK})
    return RunSettings(sae=config, training=settings)


def train(store, config, settings=SETTINGS, checkpoints=None):
    return train_sae(store, run_of(config, settings), checkpoints)


def assert_same_weights(a: torch.nn.Module, b: torch.nn.Module) -> None:
    for name, value in a.state_dict().items():
        assert torch.equal(value, b.state_dict()[name]), name


class TestTrainSAE:
    @pytest.mark.parametrize("architecture", TRAINABLE)
    def test_learns_to_reconstruct(self, store, architecture):
        trained = train(store, config_of(architecture), with_settings(n_steps=120))
        history = trained.history
        assert history["loss"].iloc[-1] < history["loss"].iloc[0]
        assert evaluate_sae(trained.sae, store, EvaluationSettings()).fvu < 0.7

    def test_gives_features_scaled_to_their_maximum(self, store):
        """Regression: thresholds for [0, 1] met unscaled features (docs/faults.md, fault 1)."""
        sae = train(store, config_of(), SETTINGS).sae
        with torch.no_grad():
            maxima = sae.encode(store.read_rows(0, torch.empty(store.n_residues, 16))).amax(0)
        assert torch.allclose(maxima[maxima > 0], torch.ones(()))

    def test_says_where_the_sae_comes_from(self, store):
        sae = train(store, config_of(), SETTINGS).sae
        check_compatible(sae, store.manifest)
        assert sae.provenance.store_hash == store.manifest.content_hash
        assert sae.provenance.split_hash == hash_of_accessions(store.accessions)
        assert {"plmscope", "torch"} <= set(sae.provenance.versions)

    def test_history_has_a_row_every_so_many_steps(self, store):
        history = train(store, config_of(), SETTINGS).history
        assert history["step"].tolist() == [10, 20, 30, 40, 50, 60]
        assert history["n_residues"].tolist() == [640, 1280, 1920, 2560, 3200, 3840]
        assert {"loss", "l0", "dead_fraction", "epoch", "residues_per_second"} <= set(history)

    def test_a_loss_that_is_not_finite_stops_the_run(self, store):
        with pytest.raises(TrainingError, match=r"relu SAE is (nan|inf) at step 10\. Lower"):
            train(store, config_of("relu"), with_settings(objective={"l1_coefficient": 1e39}))


class TestSeeds:
    def test_same_seeds_give_the_same_weights(self, store):
        first, second = (train(store, config_of(), SETTINGS).sae for _ in range(2))
        assert_same_weights(first, second)

    def test_data_seed_leaves_the_initial_weights_alone(self, store):
        """Regression: one seed coupled data order with initialisation (fault 13)."""
        untouched = with_settings(n_steps=2, learning_rate=1e-38)
        saes = [
            train(store, config_of("topk"), with_settings(**untouched.model_dump() | seeds)).sae
            for seeds in ({}, {"data_seed": 1}, {"init_seed": 1})
        ]
        assert torch.allclose(saes[0].W_enc, saes[1].W_enc)
        assert not torch.allclose(saes[0].W_enc, saes[2].W_enc)

    def test_each_seed_changes_the_result(self, store):
        saes = [
            train(store, config_of(), with_settings(**seeds)).sae
            for seeds in ({}, {"data_seed": 1}, {"init_seed": 1})
        ]
        for a, b in itertools.combinations(saes, 2):
            assert not torch.equal(a.W_enc, b.W_enc)


class TestTrainSAEs:
    def test_one_pass_gives_what_each_run_gives_alone(self, store):
        runs = [
            run_of(config_of("topk")),
            run_of(config_of("batch_topk", d_sae=32), with_settings(learning_rate=1e-3)),
            run_of(config_of("relu"), with_settings(init_seed=7)),
        ]
        for together, run in zip(train_saes(store, runs), runs, strict=True):
            assert_same_weights(together.sae, train_sae(store, run).sae)

    def test_that_disagree_about_the_pass_are_refused(self, store):
        runs = [run_of(config_of()), run_of(config_of(), with_settings(batch_size=32))]
        with pytest.raises(TrainingError, match=r"agree about batch_size, but have \['32', '64'\]"):
            train_saes(store, runs)


class KilledError(Exception):
    """Stands for whatever ends a process."""


@contextmanager
def killed_at(step: int) -> Iterator[None]:
    """Let the trainer raise at its so-many-th step."""
    count = itertools.count()
    original = shared_pass.Trainer.step

    def step_or_die(self, batch):
        if next(count) == step:
            raise KilledError
        return original(self, batch)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shared_pass.Trainer, "step", step_or_die)
        yield


class TestResume:
    @pytest.mark.parametrize("architecture", TRAINABLE)
    def test_gives_the_weights_and_history_of_an_uninterrupted_run(
        self, store, tmp_path, architecture
    ):
        """Regression: resume crashed, and forgot counters (docs/faults.md, fault 18)."""
        settings = SETTINGS
        if architecture == "relu":
            settings = with_settings(objective={"resample_every_fraction": 0.25})
        uninterrupted = train(store, config_of(architecture), settings)
        checkpoints = TrainingCheckpoints(tmp_path)
        with killed_at(37), pytest.raises(KilledError):
            train(store, config_of(architecture), settings, checkpoints)
        with killed_at(30):  # the thirty steps since the checkpoint are enough
            resumed = train(store, config_of(architecture), settings, checkpoints)
        assert_same_weights(resumed.sae, uninterrupted.sae)
        rate = "residues_per_second"
        assert resumed.history.drop(columns=rate).equals(uninterrupted.history.drop(columns=rate))

    def test_with_other_settings_begins_anew(self, store, tmp_path):
        checkpoints = TrainingCheckpoints(tmp_path)
        with killed_at(37), pytest.raises(KilledError):
            train(store, config_of(), SETTINGS, checkpoints)
        other = with_settings(learning_rate=1e-3)
        assert_same_weights(
            train(store, config_of(), other, checkpoints).sae,
            train(store, config_of(), other).sae,
        )

    def test_leaves_no_checkpoints_of_a_finished_run(self, store, tmp_path):
        train(store, config_of(), SETTINGS, TrainingCheckpoints(tmp_path))
        assert not list(tmp_path.rglob("*.pt"))


class TestKill9:
    SCRIPT = textwrap.dedent("""
        import sys
        from pathlib import Path
        import torch
        from plmscope.activations import ActivationStore
        from plmscope.saes import save_sae
        from plmscope.training import RunSettings, TrainingCheckpoints, train_sae

        torch.set_num_threads(1)
        store, run, checkpoints, out = sys.argv[1:]
        trained = train_sae(
            ActivationStore.open(store),
            RunSettings.model_validate_json(run),
            TrainingCheckpoints(Path(checkpoints)),
        )
        save_sae(trained.sae, out)
    """)

    def test_in_a_loop_gives_the_weights_of_an_uninterrupted_run(self, store, tmp_path):
        run = run_of(config_of(), with_settings(n_steps=150, checkpoint_every=1))
        folder, out = tmp_path / "checkpoints", tmp_path / "sae"

        def start():
            arguments = [store.folder, run.model_dump_json(), folder, out]
            return subprocess.Popen(
                [sys.executable, "-c", self.SCRIPT, *map(str, arguments)],
                stderr=subprocess.DEVNULL,
            )

        def newest():
            return max(
                (int(path.name.split(".")[0].split("_")[1]) for path in folder.rglob("step_*.pt")),
                default=0,
            )

        for delay in (0.0, 0.03, 0.007):  # somewhere within a step or the write of a checkpoint
            process, before = start(), newest()
            while newest() < before + 10:
                assert process.poll() is None, "the run ended before it could be killed"
                time.sleep(0.01)
            time.sleep(delay)
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        assert 30 <= newest() < 150
        assert start().wait() == 0

        n_threads = torch.get_num_threads()
        torch.set_num_threads(1)
        uninterrupted = train_sae(store, run).sae
        torch.set_num_threads(n_threads)
        assert_same_weights(load_sae(out), uninterrupted)
