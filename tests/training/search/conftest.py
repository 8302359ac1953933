"""A search whose trials are a formula, so that it can be broken off hundreds of times."""

import multiprocessing
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy
from optuna.trial import FrozenTrial

from plmscope.saes import TopKConfig
from plmscope.training import TrainingSettings
from plmscope.training.search.measures import DIRECTIONS
from plmscope.training.search.search import Search
from plmscope.training.search.settings import SearchSettings
from plmscope.training.search.study import study as study_module
from plmscope.training.search.study.sampler import RepeatableSampler
from plmscope.training.search.study.study import SharedStudy
from plmscope.training.settings import RunSettings

SPACE: dict[str, Any] = {
    "shared": {
        "d_sae": {"choices": [32, 64]},
        "learning_rate": {"low": 1e-4, "high": 1e-1, "log": True},
    },
    "architectures": {
        "topk": {"k": {"low": 2, "high": 16}},
        "relu": {"l1_coefficient": {"low": 0.01, "high": 1.0, "log": True}},
    },
}


@sqlalchemy.event.listens_for(sqlalchemy.Engine, "connect")
def _do_not_wait_for_the_disk(connection, _record):
    """What a killed process has written is kept all the same; only a power cut would lose it."""
    if "sqlite" in type(connection).__module__:
        connection.execute("PRAGMA synchronous = OFF")


@pytest.fixture(autouse=True)
def _quick_heart(monkeypatch):
    monkeypatch.setattr(study_module, "HEARTBEAT_SECONDS", 0.3)


@pytest.fixture
def make_settings() -> Callable[..., SearchSettings]:
    def make(**changes: Any) -> SearchSettings:
        given = {"n_trials": 8, "residues_per_trial": 4096, "valid_residues": 300, "target_l0": 4}
        return SearchSettings.model_validate(SPACE | given | changes)

    return make


@pytest.fixture
def configured() -> RunSettings:
    return RunSettings(
        sae=TopKConfig(d_sae=32, k=4), training=TrainingSettings(n_steps=500, batch_size=64)
    )


class FormulaPass:
    """Stands for a `SharedPass`: its SAE is the run and how many residues it has seen."""

    def __init__(self, runs: Mapping[int, RunSettings], log: Path | None, seconds: float) -> None:
        self._runs, self._seconds = dict(runs), seconds
        if log is not None:
            with log.open("a") as file:
                file.writelines(f"{os.getpid()} {number}\n" for number in runs)

    def advance(self, n_residues: int) -> None:
        if self._seconds:
            time.sleep(self._seconds)
        self._n_residues = n_residues

    def drop(self, number: int) -> None:
        del self._runs[number]

    def sae(self, number: int) -> tuple[RunSettings, int]:
        return self._runs[number], self._n_residues


class FormulaValid:
    """Stands for a `ValidSplit`: figures that are a smooth function of the run."""

    def measure(self, sae: tuple[RunSettings, int]) -> dict[str, float]:
        run, n_residues = sae
        l0 = float(
            run.sae.k if hasattr(run.sae, "k") else 20 * (1.1 - run.objective.l1_coefficient)
        )
        rate = run.training.learning_rate or 1e-3
        fvu = 1 / (l0 + run.sae.d_sae / 32) + abs(rate - 0.01) + 10 / n_residues
        return {"fvu": fvu, "l0": l0, "dead_fraction": 0.0, "fvu_at_l0": fvu + max(0, l0 / 4 - 1)}


@pytest.fixture
def make_search(configured) -> Callable[..., Search]:
    def make(
        url: str,
        settings: SearchSettings,
        *,
        log: Path | None = None,
        seconds: float = 0.0,
        begin_pass: Any = None,
        valid: Any = None,
    ) -> Search:
        study = SharedStudy(
            url,
            "test",
            [DIRECTIONS[objective] for objective in settings.objectives],
            RepeatableSampler(settings.seed, 4),
            n_trials=settings.n_trials,
            group_size=settings.group_size,
        )
        begin_pass = begin_pass or (lambda runs: FormulaPass(runs, log, seconds))
        return Search(study, configured, settings, valid or FormulaValid(), begin_pass)

    return make


@pytest.fixture
def start_worker(make_search) -> Callable[..., Any]:
    """Run a search in a process of its own."""

    def start(*arguments: Any, **named: Any) -> Any:
        def work() -> None:
            make_search(*arguments, **named).run()
            os._exit(0)

        process = multiprocessing.get_context("fork").Process(target=work)
        process.start()
        return process

    return start


@pytest.fixture
def outcome(make_search) -> Callable[..., list[Any]]:
    """Everything about the trials of a study that must not depend on who trained them when."""

    def look(url: str, settings: SearchSettings) -> list[Any]:
        return [_facts(trial) for trial in make_search(url, settings)._study.trials]

    return look


def _facts(trial: FrozenTrial) -> Any:
    result = {name: x for name, x in trial.user_attrs["result"].items() if name != "seconds"}
    return (
        trial.number,
        trial.state.name,
        trial.params,
        trial.values,
        trial.intermediate_values,
        result,
    )


@pytest.fixture
def postgresql_url(postgresql_server: str) -> str:
    """A database of its own."""
    name = f"db{uuid4().hex}"
    engine = sqlalchemy.create_engine(postgresql_server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return postgresql_server.removesuffix("postgres") + name


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """A server of its own on loopback, in a folder that its unprivileged user may enter."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not programs:
        pytest.skip("Debian's postgresql is not installed: apt-get install postgresql")
    pytest.importorskip("psycopg", reason="needs plmscope[postgres]")
    user = "postgres" if os.geteuid() == 0 else None  # the server refuses to run as root
    with socket.socket() as free, tempfile.TemporaryDirectory() as folder:
        if user:
            shutil.chown(folder, user)
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        data = f"{folder}/data"
        make = ["initdb", "-D", data, "-U", "plmscope", "-A", "trust", "--no-sync"]
        serve = ["postgres", "-D", data, "-h", "127.0.0.1", "-p", str(port), "-k", folder, "-F"]
        quiet = {"user": user, "cwd": folder, "stdout": subprocess.DEVNULL}
        subprocess.run([programs[-1] / make[0], *make[1:]], check=True, **quiet)
        free.close()
        server = subprocess.Popen(
            [programs[-1] / serve[0], *serve[1:]], stderr=subprocess.DEVNULL, **quiet
        )
        try:
            url = f"postgresql+psycopg://plmscope@127.0.0.1:{port}/postgres"
            wait_until_it_answers(url)
            yield url
        finally:
            server.send_signal(signal.SIGINT)  # disconnects whoever is still there
            server.wait()


def wait_until_it_answers(url: str) -> None:
    for _ in range(100):
        try:
            sqlalchemy.create_engine(url).connect().close()
        except sqlalchemy.exc.OperationalError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("the PostgreSQL server does not answer")
