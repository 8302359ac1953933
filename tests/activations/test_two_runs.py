"""Two runs that write one store at once: real processes."""

import inspect
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from plmscope.activations import ActivationStore, job_from_arrays, write_store
from plmscope.disk.locks import LOCK


def make_job():
    rng = np.random.default_rng(0)
    arrays = {f"P{n}": rng.normal(size=(4, 3)).astype(np.float32) for n in range(5)}
    return job_from_arrays(arrays, plm_id="made-up", layer=2, shard_residues=4)


RUN = f"""
import logging, os, sys, time
from dataclasses import replace
from pathlib import Path
import numpy as np
from plmscope.activations import job_from_arrays, write_store

{inspect.getsource(make_job)}
root = Path(sys.argv[1])
job = make_job()
def compute(proteins, layers):
    for _ in range(3000):
        if proteins.start < 2 or (root / "go on").exists():
            break
        time.sleep(0.01)
    with (root / "computed").open("a") as file:
        file.write(f"{{proteins.start}}\\n")
    return job.compute(proteins, layers)

logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(message)s")
print("ready", flush=True)
write_store(root / "store", replace(job, compute=compute))
"""


def start(root):
    return subprocess.Popen(
        [sys.executable, "-c", RUN, str(root)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def read_until(run, words):
    """Read what a run logs up to a line with these words."""
    for line in run.stdout:
        if words in line:
            return line
    raise AssertionError(f"The run ended without saying {words!r}.")


@pytest.fixture
def two_runs(tmp_path):
    """One that holds the store, two of its five shards done, and one that waits for it."""
    first = start(tmp_path)
    read_until(first, "5 of 5 shards to compute")
    while not list((tmp_path / "store").rglob("shard-00001*")):
        time.sleep(0.01)
    second = start(tmp_path)
    yield first, second
    for run in (first, second):
        run.kill()
        run.wait()
        run.stdout.close()


def contents(root):
    return {
        path.relative_to(root): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and path.name != LOCK
    }


class TestTwoRuns:
    def test_second_waits_and_finds_the_shards_of_the_first(self, tmp_path, two_runs):
        """Regression: both computed everything and deleted each other's temporary files."""
        first, second = two_runs
        line = read_until(second, "waiting for it")
        assert f"is being written by process {first.pid} on " in line
        (tmp_path / "go on").touch()
        assert first.wait() == 0
        assert "all is there" in read_until(second, "all is there")
        assert second.wait() == 0
        assert (tmp_path / "computed").read_text().split() == ["0", "1", "2", "3", "4"]
        write_store(tmp_path / "alone", make_job())
        assert contents(tmp_path / "store") == contents(tmp_path / "alone")

    def test_second_goes_on_where_the_first_was_killed(self, tmp_path, two_runs):
        first, second = two_runs
        read_until(second, "waiting for it")
        first.send_signal(signal.SIGKILL)
        (tmp_path / "go on").touch()
        read_until(second, "3 of 5 shards to compute")
        assert second.wait() == 0
        assert (tmp_path / "computed").read_text().split() == ["0", "1", "2", "3", "4"]
        store = ActivationStore.open_current(tmp_path / "store", 2)
        store.verify()
        hidden = [path.name for path in Path(store.folder).glob(".*")]
        assert hidden == [LOCK]

    def test_finished_store_is_read_while_another_is_written(self, tmp_path, two_runs):
        first, second = two_runs
        read_until(second, "waiting for it")
        other = write_store(tmp_path / "store", _of_other_values())[2]
        store = ActivationStore.open_current(tmp_path / "store", 2)
        assert store.folder == other
        assert store.read_rows(0, torch.empty(store.n_residues, 3)).isfinite().all()
        assert first.poll() is None
        assert second.poll() is None


def _of_other_values():
    return job_from_arrays({"P0": np.ones((4, 3), np.float32)}, plm_id="made-up", layer=2)
