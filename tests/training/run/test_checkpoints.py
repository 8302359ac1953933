"""Training checkpoints: newest by number, torn ones passed over, no code run by loading."""

import logging
import os
import pickle
import random

import pytest
import torch

from plmscope.training.run.checkpoints import Checkpoint, TrainingCheckpoints

IDENTITY = {"seed": 0}


@pytest.fixture
def checkpoints(tmp_path):
    return TrainingCheckpoints(tmp_path / "checkpoints").of_run(IDENTITY, keep=2)


def path_of(checkpoints, step):
    (path,) = checkpoints.folder.glob(f"step_{step}.*.pt")
    return path


def checkpoint(step):
    return Checkpoint(step, {"weights": torch.full((3,), float(step)), "history": [{"step": step}]})


class TestRunCheckpoints:
    def test_come_back_as_they_were(self, checkpoints):
        checkpoints.save(checkpoint(5))
        step, state = checkpoints.load_newest()
        assert step == 5
        assert torch.equal(state["weights"], torch.full((3,), 5.0))
        assert state["history"] == [{"step": 5}]

    def test_newest_is_the_highest_number_not_the_last_in_text_order(self, checkpoints):
        """Regression: step_900 was taken for newer than step_10000 (docs/faults.md, fault 18)."""
        checkpoints.save(checkpoint(10_000))
        checkpoints.save(checkpoint(900))
        assert checkpoints.load_newest().step == 10_000

    def test_no_more_than_keep_are_kept(self, checkpoints):
        for step in (800, 900, 1000, 1100):
            checkpoints.save(checkpoint(step))
        kept = sorted(path.name.split(".")[0] for path in checkpoints.folder.iterdir())
        assert kept == ["step_1000", "step_1100"]

    @pytest.mark.parametrize("n_bytes", [0, 10, 700])
    def test_a_torn_one_is_passed_over_with_a_message(self, checkpoints, caplog, n_bytes):
        checkpoints.save(checkpoint(1))
        checkpoints.save(checkpoint(2))
        os.truncate(path_of(checkpoints, 2), n_bytes)
        with caplog.at_level(logging.WARNING):
            assert checkpoints.load_newest().step == 1
        assert f"{path_of(checkpoints, 2)} is damaged and ignored" in caplog.text

    def test_a_flipped_bit_is_found_anywhere(self, checkpoints):
        """Regression: 40 of 60 flipped bits were resumed from, to other weights."""
        checkpoints.save(checkpoint(1))
        checkpoints.save(checkpoint(2))
        path, rng = path_of(checkpoints, 2), random.Random(0)
        sound = path.read_bytes()
        for _ in range(60):
            damaged = bytearray(sound)
            damaged[rng.randrange(len(sound))] ^= 1 << rng.randrange(8)
            path.write_bytes(damaged)
            assert checkpoints.load_newest().step == 1
        path.write_bytes(sound)
        assert checkpoints.load_newest().step == 2

    def test_a_file_of_another_step_is_found(self, checkpoints):
        checkpoints.save(checkpoint(1))
        checkpoints.save(checkpoint(2))
        path_of(checkpoints, 2).write_bytes(path_of(checkpoints, 1).read_bytes())
        assert checkpoints.load_newest().step == 1

    @pytest.mark.parametrize("content", [[1, 2], torch.zeros(3), 5])
    def test_one_that_holds_something_else_is_passed_over(self, checkpoints, content):
        """Regression: a list stopped the run."""
        checkpoints.save(checkpoint(1))
        checkpoints.save(Checkpoint(2, content))
        assert checkpoints.load_newest().step == 1

    def test_a_leftover_of_a_killed_write_is_not_a_checkpoint(self, checkpoints):
        checkpoints.save(checkpoint(1))
        (checkpoints.folder / ".step_2.0123456789ab.pt.host-1-1234abcd.tmp").write_bytes(b"half")
        assert checkpoints.load_newest().step == 1

    def test_of_another_run_are_not_seen(self, checkpoints, tmp_path):
        checkpoints.save(checkpoint(1))
        other = TrainingCheckpoints(tmp_path / "checkpoints").of_run({"seed": 1}, keep=2)
        assert other.load_newest() is None

    def test_loading_runs_no_code(self, checkpoints, tmp_path):
        class Bomb:
            def __reduce__(self):
                return os.mkdir, (str(tmp_path / "exploded"),)

        checkpoints.save(Checkpoint(1, {"weights": Bomb()}))
        assert checkpoints.load_newest() is None
        assert not (tmp_path / "exploded").exists()
        with pytest.raises(pickle.UnpicklingError):
            torch.load(path_of(checkpoints, 1), weights_only=True)
