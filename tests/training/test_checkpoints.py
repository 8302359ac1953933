"""Training checkpoints: newest by number, torn ones passed over, no code run by loading."""

import logging
import os
import pickle

import pytest
import torch

from plmscope.training.checkpoints import Checkpoint, TrainingCheckpoints

IDENTITY = {"seed": 0}


@pytest.fixture
def checkpoints(tmp_path):
    return TrainingCheckpoints(tmp_path / "checkpoints").of_run(IDENTITY, keep=2)


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
        """Regression: step_900 was taken for newer than step_10000 (interplm.md, fault 18)."""
        checkpoints.save(checkpoint(10_000))
        checkpoints.save(checkpoint(900))
        assert checkpoints.load_newest().step == 10_000

    def test_no_more_than_keep_are_kept(self, checkpoints):
        for step in (800, 900, 1000, 1100):
            checkpoints.save(checkpoint(step))
        kept = sorted(path.name for path in checkpoints.folder.iterdir())
        assert kept == ["step_1000.pt", "step_1100.pt"]

    @pytest.mark.parametrize("n_bytes", [0, 10, 700])
    def test_a_torn_one_is_passed_over_with_a_message(self, checkpoints, caplog, n_bytes):
        checkpoints.save(checkpoint(1))
        checkpoints.save(checkpoint(2))
        os.truncate(checkpoints.folder / "step_2.pt", n_bytes)
        with caplog.at_level(logging.WARNING):
            assert checkpoints.load_newest().step == 1
        assert "step_2.pt is torn and ignored" in caplog.text

    def test_a_leftover_of_a_killed_write_is_not_a_checkpoint(self, checkpoints):
        checkpoints.save(checkpoint(1))
        (checkpoints.folder / ".step_2.pt.1234abcd.tmp").write_bytes(b"half")
        assert checkpoints.load_newest().step == 1

    def test_of_another_run_are_not_seen(self, checkpoints, tmp_path):
        checkpoints.save(checkpoint(1))
        other = TrainingCheckpoints(tmp_path / "checkpoints").of_run({"seed": 1}, keep=2)
        assert other.load_newest() is None

    def test_loading_runs_no_code(self, checkpoints, tmp_path):
        class Bomb:
            def __reduce__(self):
                return os.mkdir, (str(tmp_path / "exploded"),)

        checkpoints.folder.mkdir(parents=True)
        torch.save({"weights": Bomb()}, checkpoints.folder / "step_1.pt")
        assert checkpoints.load_newest() is None
        assert not (tmp_path / "exploded").exists()
        with pytest.raises(pickle.UnpicklingError):
            torch.load(checkpoints.folder / "step_1.pt", weights_only=True)
