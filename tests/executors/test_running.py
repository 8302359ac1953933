"""Tasks run in this process and by real Dask workers, through what goes wrong there."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pydantic import ValidationError

from plmscope.errors import PlmscopeError
from plmscope.executors import ExecutorSettings, TaskError, run_tasks
from plmscope.executors.dask import close_clients

DASK = ExecutorSettings(kind="dask", n_workers=2)


@pytest.fixture
def remote(dask_cluster):
    return ExecutorSettings(kind="dask", scheduler=dask_cluster.scheduler_address, retries=1)


def run(task, numbers, settings):
    """Tasks of one unit each, which need not tell how far they are."""
    sizes = dict.fromkeys(numbers, 1)
    return run_tasks(lambda number, _: task(number), sizes, settings, lambda _: None)


def squares(numbers, settings):
    return dict(run(lambda number: number**2, numbers, settings))


@pytest.fixture
def start_dask(tmp_path):
    """A scheduler and a worker as processes of their own, as a cluster has them."""
    started = []

    def start():
        told = tmp_path / "scheduler.json"
        file = ["--scheduler-file", str(told), "--host", "127.0.0.1"]
        scheduler = _start("scheduler", *file, "--port", "0", "--dashboard-address", "127.0.0.1:0")
        started.append(scheduler)
        while not told.exists():
            time.sleep(0.1)
        started.append(_start("worker", "--nthreads", "2", "--no-nanny", *file))
        scheduler.address = json.loads(told.read_text())["address"]
        return tuple(started)

    yield start
    for process in started:
        process.kill()
        process.wait()


def _start(what, *options):
    command = [sys.executable, "-m", "distributed.cli.dask_" + what, *options]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class TestRunTasks:
    def test_gives_what_the_tasks_give(self, remote):
        wanted = {number: number**2 for number in range(9)}
        assert squares(range(9), ExecutorSettings()) == wanted
        assert squares(range(9), remote) == wanted
        assert squares([], remote) == {}

    def test_has_workers_of_its_own_that_end_with_the_process(self):
        def who(_):
            time.sleep(0.5)  # short tasks stay where their function is
            return os.getpid()

        processes = dict(run(who, range(4), DASK))
        assert len(set(processes.values())) == 2
        assert set(dict(run(who, range(4), DASK)).values()) == set(processes.values())
        close_clients()  # as at exit
        assert os.getpid() not in processes.values()
        assert not any(Path(f"/proc/{process}").exists() for process in processes.values())

    def test_a_worker_that_is_killed_in_mid_task_is_no_loss(self, remote, tmp_path):
        def die_once(number):
            witness = tmp_path / "died"
            if number == 2 and not witness.exists():
                witness.touch()
                os.kill(os.getpid(), signal.SIGKILL)
            return number

        assert dict(run(die_once, range(5), remote)) == {n: n for n in range(5)}
        assert (tmp_path / "died").exists()

    def test_a_task_that_fails_once_is_tried_again(self, remote, tmp_path):
        def fail_once(number):
            witness = tmp_path / f"failed{number}"
            if not witness.exists():
                witness.touch()
                raise OSError("the disk was away")
            return number

        assert dict(run(fail_once, range(3), remote)) == {n: n for n in range(3)}

    def test_one_that_always_fails_is_named_after_the_others_have_run(self, remote):
        def fail(number):
            if number in (1, 4):
                raise ZeroDivisionError("by nothing")
            return number

        running, done = run(fail, range(6), remote), {}
        for _ in range(4):
            number, result = next(running)
            done[number] = result
        with pytest.raises(TaskError, match=r"Shard 1 cannot.*ZeroDivisionError.*2 in all failed"):
            next(running)
        assert done == {0: 0, 2: 2, 3: 3, 5: 5}

    def test_what_a_user_can_mend_is_told_in_its_own_words(self, remote):
        def refuse(number):
            raise PlmscopeError(f"protein {number} is none")

        with pytest.raises(PlmscopeError, match="protein 0 is none"):
            list(run(refuse, range(2), remote))

    def test_one_that_kills_every_worker_is_named(self, remote):
        def die(_):
            os.kill(os.getpid(), signal.SIGKILL)

        with pytest.raises(TaskError, match="Shard 7 cannot be computed"):
            list(run(die, [7], remote))

    def test_a_worker_that_hangs_is_given_up(self, monkeypatch, tmp_path):
        monkeypatch.setattr("plmscope.executors.dask._WORKER_LOST_SECONDS", "1 s")

        def hang_once(number):
            witness = tmp_path / "hung"
            if number == 0 and not witness.exists():
                witness.touch()
                wake = f"sleep 4; kill -CONT {os.getpid()}"  # or its end is waited for
                subprocess.Popen(["sh", "-c", wake])
                os.kill(os.getpid(), signal.SIGSTOP)
            return number

        start = time.monotonic()
        assert dict(run(hang_once, range(3), DASK)) == {n: n for n in range(3)}
        assert time.monotonic() - start < 60
        close_clients()

    def test_a_scheduler_that_is_lost_is_told(self, start_dask):
        scheduler, _ = processes = start_dask()
        settings = ExecutorSettings(kind="dask", scheduler=scheduler.address)

        def wait(number):
            time.sleep(0.2 if number == 0 else 600)
            return number

        running = run(wait, range(2), settings)
        assert next(running) == (0, 0)
        for process in processes:
            process.kill()
        with pytest.raises(TaskError, match="The Dask scheduler was lost"):
            next(running)

    def test_a_scheduler_that_does_not_answer_is_named(self, monkeypatch):
        monkeypatch.setattr("plmscope.executors.dask._CONNECT_SECONDS", 1)
        nobody = ExecutorSettings(kind="dask", scheduler="tcp://127.0.0.1:9")
        with pytest.raises(TaskError, match=r"No Dask scheduler answers at tcp://127\.0\.0\.1:9"):
            squares(range(2), nobody)

    @pytest.mark.parametrize("kind", ["dask", "slurm"])
    def test_what_is_not_installed_is_named(self, monkeypatch, kind):
        monkeypatch.setattr("plmscope.executors.running.find_spec", lambda _: None)
        with pytest.raises(TaskError, match=r"pip install 'plmscope\[dask\]'"):
            squares(range(2), ExecutorSettings(kind=kind))


class TestSlurm:
    def test_its_script_asks_for_what_was_told(self, monkeypatch):
        """A stand-in: no Slurm is here; this is what it would be handed."""
        from plmscope.executors.dask import _cluster

        scripts = []

        class Told:
            def __init__(self, **options):
                from dask_jobqueue.slurm import SLURMJob

                job = SLURMJob(scheduler="tcp://127.0.0.1:1", name="plmscope", **options)
                scripts.append(job.job_script())

            def adapt(self, minimum, maximum):
                scripts.append((minimum, maximum))

        monkeypatch.setattr("dask_jobqueue.slurm.SLURMCluster", Told)
        options = {"queue": "gpu", "job_cpu": 4, "memory": "16 GB", "walltime": "01:00:00",
                   "job_extra_directives": ["--gres=gpu:1"]}  # fmt: skip
        _cluster(ExecutorSettings(kind="slurm", n_workers=8, slurm=options))
        script, kept = scripts
        for line in ("-p gpu", "-t 01:00:00", "--gres=gpu:1", "--cpus-per-task=4"):
            assert line in script
        assert "--nthreads 1 " in script
        assert kept == (8, 8)


class TestExecutorSettings:
    @pytest.mark.parametrize(
        "wrong",
        [
            {"kind": "local", "scheduler": "tcp://h:1"},
            {"kind": "dask", "slurm": {"queue": "gpu"}},
            {"kind": "slurm", "slurm": {"cores": 4}},
            {"kind": "mpi"},
        ],
    )
    def test_refuses_what_does_not_go_together(self, wrong):
        with pytest.raises(ValidationError):
            ExecutorSettings.model_validate(wrong)
