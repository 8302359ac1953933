"""Two workers on one study, in a file and in a server."""

import os
import signal
import time
from collections import Counter

import pytest


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/study.db"
    return request.getfixturevalue("postgresql_url")


def trained(log):
    """How often each trial was trained, and by how many workers any was."""
    lines = [line.split() for line in log.read_text().splitlines()]
    return Counter(int(number) for _, number in lines), len({pid for pid, _ in lines})


class TestTwoWorkers:
    def test_lose_and_double_no_trial(self, url, start_worker, make_settings, outcome, tmp_path):
        settings, log = make_settings(n_trials=12, group_size=2), tmp_path / "log"
        workers = [start_worker(url, settings, log=log, seconds=0.1) for _ in range(2)]
        for worker in workers:
            worker.join()
        assert [worker.exitcode for worker in workers] == [0, 0]
        times, n_workers = trained(log)
        assert times == dict.fromkeys(range(12), 1)
        assert n_workers == 2
        states = [state for _, state, *_ in outcome(url, settings)]
        assert len(states) == 12
        assert set(states) == {"COMPLETE", "PRUNED"}

    def test_the_living_takes_over_from_the_dead(
        self, url, start_worker, make_settings, outcome, tmp_path
    ):
        settings, log = make_settings(n_trials=12), tmp_path / "log"
        mortal, other = (start_worker(url, settings, log=log, seconds=0.2) for _ in range(2))
        while str(mortal.pid) not in (log.read_text() if log.exists() else ""):
            time.sleep(0.01)
        os.kill(mortal.pid, signal.SIGKILL)
        other.join()
        assert other.exitcode == 0
        times, _ = trained(log)
        assert set(times) == set(range(12))
        assert max(times.values()) == 2  # what was in the dead one's hands
        assert {state for _, state, *_ in outcome(url, settings)} == {"COMPLETE", "PRUNED"}
