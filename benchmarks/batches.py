"""Shuffled batches of a store, beside indexing in memory and beside a plain sequential read.

The store is made of random numbers, 320 wide as ESM-2 8M, 0.8 GB. Where a store larger than the
budget is read, the system's cache of its files is dropped before each pass, as it would be for a
store larger than the machine's memory; only the reading itself is timed.
"""

import os
import tempfile
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch

from benchmarks.harness import Figure, make_figure, peak_anonymous_gb, seconds_in_turn
from plmscope.activations import ActivationStore, ShuffledBatches, job_from_arrays, write_store
from plmscope.saes import parse_sae_config
from plmscope.training import RunSettings, TrainingSettings, train_sae

N_PROTEINS, PROTEIN_LENGTH, D_MODEL = 2500, 250, 320
BATCH_SIZE, D_SAE = 2048, 1024
STORE_GB = N_PROTEINS * PROTEIN_LENGTH * D_MODEL * 4 / 1e9
SMALL_BUDGET_GB = STORE_GB / 10


def run() -> list[Figure]:
    """Measure every figure."""
    with tempfile.TemporaryDirectory() as root:
        folder = _make_store(Path(root))
        return [
            _in_memory(folder),
            *(_larger_than_budget(folder, times) for times in (5, 10)),
            _peak_memory(folder),
        ]


def _in_memory(folder: Path) -> Figure:
    store = ActivationStore.open(folder)
    x = store.read_rows(0, torch.empty(store.n_residues, D_MODEL))
    order = torch.randperm(len(x))
    n_batches = len(x) // BATCH_SIZE
    batches = ShuffledBatches(store, BATCH_SIZE, seed=0, memory_budget_gb=2 * STORE_GB)
    next(batches)

    def index() -> None:
        for i in range(n_batches):
            x[order[i * BATCH_SIZE : (i + 1) * BATCH_SIZE]]

    def ours() -> None:
        for _ in islice(batches, n_batches):
            pass

    n_residues = n_batches * BATCH_SIZE
    rates = [n_residues / seconds for seconds in seconds_in_turn(ours, index)]
    return make_figure("store fits the budget", *rates, "residues/s", "tensor[index] in memory")


def _larger_than_budget(folder: Path, times: int) -> Figure:
    stores: list[ActivationStore] = []

    def open_cold() -> None:
        stores.clear()
        _drop_cache(folder)
        stores.append(ActivationStore.open(folder))
        _drop_cache(folder)

    def sequential() -> None:
        for _ in stores[0].blocks(BATCH_SIZE):
            pass

    def ours() -> None:
        batches = ShuffledBatches(stores[0], BATCH_SIZE, seed=0, memory_budget_gb=STORE_GB / times)
        for _ in islice(batches, batches.n_batches):
            pass

    n_residues = N_PROTEINS * PROTEIN_LENGTH
    seconds = seconds_in_turn(ours, sequential, repeats=9, prepare=open_cold)
    return make_figure(
        f"store {times} times the budget",
        *(n_residues / each for each in seconds),
        "residues/s",
        "plain sequential read of the store",
    )


def _peak_memory(folder: Path) -> Figure:
    """Anonymous memory only: mapped pages of the store are the system's to drop."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as fresh_process:
        peak = fresh_process.submit(_peak_of_training, folder).result()
    weights_gb = 2 * D_SAE * D_MODEL * 4 / 1e9
    step_gb = 2 * BATCH_SIZE * D_SAE * 4 / 1e9  # pre-activations of one step, and their selection
    return make_figure(
        "peak memory of training, store 10 times the budget",
        peak,
        SMALL_BUDGET_GB + 4 * weights_gb + step_gb,
        "GB",
        "budget + weights, gradients and Adam's moments + one step's activations",
    )


def _peak_of_training(folder: Path) -> float:
    """Growth of this process's memory over one epoch, in GB."""
    store = ActivationStore.open(folder)
    # A minute run first, so that the libraries' own code does not count.
    _train(store.select(store.accessions[:1]), d_sae=64, n_steps=1, batch_size=64)
    with peak_anonymous_gb() as peak:
        n_steps = store.n_residues // BATCH_SIZE
        _train(store, d_sae=D_SAE, n_steps=n_steps, batch_size=BATCH_SIZE)
    return peak[0]


def _train(store: ActivationStore, d_sae: int, n_steps: int, batch_size: int) -> None:
    config = parse_sae_config({"architecture": "batch_topk", "d_sae": d_sae, "k": 32})
    settings = TrainingSettings(
        n_steps=n_steps,
        batch_size=batch_size,
        memory_budget_gb=SMALL_BUDGET_GB,
        objective={"threshold_start_fraction": 0.01},
    )
    train_sae(store, RunSettings(sae=config, training=settings))


def _drop_cache(folder: Path) -> None:
    for path in folder.glob("*.safetensors"):
        descriptor = os.open(path, os.O_RDONLY)
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(descriptor)


def _make_store(root: Path) -> Path:
    rng = np.random.default_rng(0)
    shape = (PROTEIN_LENGTH, D_MODEL)
    arrays = {f"P{i:05d}": rng.standard_normal(shape, dtype=np.float32) for i in range(N_PROTEINS)}
    job = job_from_arrays(arrays, plm_id="random numbers", layer=0)
    return write_store(root, job)[0]
