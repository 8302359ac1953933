from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from plmscope.activations import (
    ActivationStore,
    StoreJob,
    job_from_arrays,
    write_store,
)
from plmscope.activations.store import checks

Arrays = dict[str, np.ndarray]


@pytest.fixture(autouse=True)
def forget() -> Callable[[], None]:
    """Forget which shards were found sound, as a new process has; done before each test."""
    checks._known_to_be_sound.clear()
    return checks._known_to_be_sound.clear


@pytest.fixture
def arrays() -> Arrays:
    rng = np.random.default_rng(0)
    lengths = [3, 11, 1, 7, 20, 5, 2, 9]
    return {
        f"P{number:05d}": rng.normal(size=(length, 6)).astype(np.float32)
        for number, length in enumerate(lengths)
    }


@pytest.fixture
def job(arrays: Arrays) -> StoreJob:
    return job_from_arrays(arrays, plm_id="made-up", layer=2, shard_residues=16)


@pytest.fixture
def store(tmp_path: Path, job: StoreJob) -> ActivationStore:
    return ActivationStore.open(write_store(tmp_path, job)[2])


@pytest.fixture
def counted() -> Callable[[StoreJob], tuple[StoreJob, list[range]]]:
    """A job that notes which shards it was asked to compute."""
    from dataclasses import replace

    def wrap(job: StoreJob) -> tuple[StoreJob, list[range]]:
        calls: list[range] = []

        def compute(proteins, layers):
            calls.append(proteins)
            return job.compute(proteins, layers)

        return replace(job, compute=compute), calls

    return wrap
