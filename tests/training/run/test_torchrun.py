"""Ranks that torchrun has started: who hears what from whom; real ones are killed in tests/soak."""

import threading

import pytest
import torch.distributed as dist

from plmscope.training import RunSettings, TrainingError
from plmscope.training.run import torchrun

RUN = RunSettings.model_validate(
    {
        "sae": {"architecture": "relu", "d_sae": 8},
        "training": {"n_steps": 1, "learning_rate": 1e-3, "n_ranks": 2},
    }
)
JOB = torchrun.Job(None, [RUN], None)


@pytest.fixture
def store(monkeypatch):
    """What the agents keep for all ranks, here of one process."""
    store = dist.HashStore()
    monkeypatch.setattr(torchrun, "_connect", lambda: store)
    monkeypatch.setattr(torchrun, "SECONDS_BETWEEN_LOOKS", 0.001)
    monkeypatch.setenv("WORLD_SIZE", "2")
    return store


@pytest.fixture
def parts(monkeypatch):
    """Which rank takes part in which group, in the place of training."""
    parts = []

    def take_part(store, group, ranks, job):  # noqa: ARG001
        parts.append((ranks.rank, group))
        return []

    monkeypatch.setattr(torchrun, "_take_part", take_part)
    return parts


@pytest.fixture
def follower(monkeypatch):
    monkeypatch.setenv("RANK", "1")
    thread = threading.Thread(target=torchrun.follow, daemon=True)
    yield thread
    thread.join(20)
    assert not thread.is_alive()


class TestRanks:
    @pytest.mark.usefixtures("store")
    def test_train_together_whatever_is_trained_and_end_together(self, parts, follower):
        follower.start()
        with torchrun.leading():
            leader = torchrun.leader()
            for _ in range(2):
                leader.train(JOB)
        follower.join(20)
        assert torchrun.leader() is None
        groups = [f"{leader.name}/job/{number}" for number in range(2)]
        assert sorted(parts) == [(rank, group) for rank in (0, 1) for group in groups]

    def test_started_anew_take_no_part_in_what_those_before_them_were_told(
        self, store, parts, follower
    ):
        store.set("leader", "gone")
        store.set("gone/signed/1", "another")
        store.set("gone/job/0", "cpu")
        follower.start()
        with torchrun.leading():
            torchrun.leader().train(JOB)
        follower.join(20)
        assert sorted(rank for rank, _ in parts) == [0, 1]
        assert not [group for _, group in parts if group.startswith("gone")]

    def test_that_had_signed_for_a_first_one_that_is_gone_sign_anew(self, store, parts, follower):
        store.set("leader", "gone")
        follower.start()
        while not store.check(["gone/signed/1"]):
            pass
        with torchrun.leading():
            torchrun.leader().train(JOB)
        follower.join(20)
        assert {rank for rank, _ in parts} == {0, 1}

    @pytest.mark.parametrize(
        ("ending", "may_go"), [(SystemExit(0), True), (SystemExit(1), False), (OSError(), False)]
    )
    def test_may_go_when_the_first_has_ended_well(self, store, ending, may_go):
        def end():
            with torchrun.leading():
                raise ending

        with pytest.raises(type(ending)):
            end()
        assert store.check([f"{store.get('leader').decode()}/end"]) is may_go

    @pytest.mark.usefixtures("store")
    def test_of_another_number_than_the_settings_say_are_refused(self, monkeypatch):
        monkeypatch.setenv("WORLD_SIZE", "3")
        with torchrun.leading(), pytest.raises(TrainingError, match=r"3 ranks, but .*n_ranks is 2"):
            torchrun.leader().train(JOB)
