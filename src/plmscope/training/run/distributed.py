"""Data-parallel training: processes that each read and learn from their fraction of every batch."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

import torch
import torch.distributed as dist
from torch.distributed.distributed_c10d import PrefixStore
from torch.distributed.launcher.api import LaunchConfig, elastic_launch
from torch.distributed.rendezvous import rendezvous

from plmscope.disk.files import scratch_folder
from plmscope.disk.parquet import read_parquet, write_parquet
from plmscope.processes import end_with_parent
from plmscope.saes import load_sae, save_sae
from plmscope.training.run.checkpoints import TrainingCheckpoints
from plmscope.training.run.fit import TrainedSAE, fit_saes
from plmscope.training.run.shared_pass import TrainingRows
from plmscope.training.settings import RunSettings
from plmscope.training.step.ranks import Ranks

logger = logging.getLogger(__name__)

MAX_RESTARTS = 3


def launch_ranks(
    rows: TrainingRows,
    runs: Sequence[RunSettings],
    checkpoints: TrainingCheckpoints | None,
) -> list[TrainedSAE]:
    """Run `fit_saes` on `n_ranks` processes of this machine.

    If one of them dies, all are started again and resume from the newest checkpoint, at most
    `MAX_RESTARTS` times.

    Args:
        rows: The train split. Each process opens a store anew.
        runs: As `train_saes` takes them.
        checkpoints: As `train_saes` takes them.

    Returns:
        What the first process gave back.
    """
    settings = runs[0].training
    launch = LaunchConfig(
        run_id=uuid4().hex,
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=settings.n_ranks,
        max_restarts=MAX_RESTARTS,
        rdzv_backend="c10d",
        rdzv_endpoint="127.0.0.1:0",
        local_addr="127.0.0.1",
        start_method="spawn",
        monitor_interval=0.2,
    )
    with scratch_folder() as folder:
        elastic_launch(launch, _train_rank)(
            rows,
            list(runs),
            checkpoints,
            folder,
            logger.getEffectiveLevel(),
        )
        return [
            TrainedSAE(
                load_sae(folder / f"sae_{i}"),
                read_parquet(folder / f"history_{i}.parquet", "Train again."),
            )
            for i in range(len(runs))
        ]


def _train_rank(
    rows: TrainingRows,
    runs: list[RunSettings],
    checkpoints: TrainingCheckpoints | None,
    folder: Path,
    log_level: int,
) -> None:
    """One rank: train, and let the first one log, and write the result into `folder`."""
    if os.environ["RANK"] == "0":
        logging.basicConfig(format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
        logging.getLogger("plmscope").setLevel(log_level)
    end_with_parent()
    settings = runs[0].training
    torch.set_num_threads(max(1, torch.get_num_threads() // settings.n_ranks))
    _join_group("nccl" if settings.device == "cuda" else "gloo")
    try:
        trained = fit_saes(rows, runs, checkpoints, Ranks.current())
        for i, (sae, history) in enumerate(trained):
            save_sae(sae, folder / f"sae_{i}")
            write_parquet(history, folder / f"history_{i}.parquet")
    finally:
        dist.destroy_process_group()


def _join_group(backend: str) -> None:
    """Meet the other ranks of this attempt.

    The agent's store outlives a restart, and with it the addresses of the ranks that died: without
    a name of its own for each attempt a rank may wait for a dead one for ever.
    """
    store, rank, n_ranks = next(rendezvous("env://"))
    attempt = os.environ["TORCHELASTIC_RESTART_COUNT"]
    dist.init_process_group(
        backend,
        store=PrefixStore(f"attempt_{attempt}", store),
        rank=rank,
        world_size=n_ranks,
    )
