"""A tiny store of activations with structure that an SAE can find."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from plmscope.activations import ActivationStore, job_from_arrays, write_store

D_MODEL = 16


def make_arrays(n_proteins: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Activations that are sums of 3 of 40 fixed directions, around a common offset."""
    rng = np.random.default_rng(seed)
    directions = np.random.default_rng(99).standard_normal((40, D_MODEL))
    arrays = {}
    for i in range(n_proteins):
        n = int(rng.integers(5, 40))
        chosen = rng.integers(0, 40, size=(n, 3))
        weights = rng.uniform(0.5, 2, size=(n, 3, 1))
        arrays[f"P{i:04d}"] = (5 + (directions[chosen] * weights).sum(1)).astype(np.float32)
    return arrays


@pytest.fixture(scope="session")
def make_store(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., ActivationStore]:
    def make(n_proteins: int = 60, seed: int = 0) -> ActivationStore:
        root = Path(tmp_path_factory.mktemp("store"))
        job = job_from_arrays(
            make_arrays(n_proteins, seed), plm_id="tiny", layer=2, shard_residues=300
        )
        return ActivationStore.open(write_store(root, job)[2])

    return make


@pytest.fixture(scope="session")
def store(make_store: Callable[..., ActivationStore]) -> ActivationStore:
    return make_store()
