"""Tasks on a Dask cluster: one that runs, one on this machine, or one that Slurm starts."""

from __future__ import annotations

import atexit
import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from plmscope.errors import PlmscopeError
from plmscope.executors.running import Result, Task, TaskError
from plmscope.executors.settings import ExecutorSettings

logger = logging.getLogger(__name__)

_CONNECT_SECONDS = 30
_CLOSE_SECONDS = 10
_WORKER_LOST_SECONDS = "60 s"
"""A worker that says nothing for so long has hung: its task is given to another."""

_clients: dict[str, Any] = {}


def run_on_dask(
    task: Task[Result], numbers: Sequence[int], settings: ExecutorSettings
) -> Iterator[tuple[int, Result]]:
    """As `run_tasks`.

    A task takes as many threads as it would take here: their number shows in the last bit of a sum.
    """
    import torch
    from distributed import as_completed
    from distributed.client import FutureCancelledError

    client = _client(settings)
    sent = _send(client, task)
    futures = {
        client.submit(
            _call, sent, number, torch.get_num_threads(), pure=False,
            retries=settings.retries, resources=settings.resources or None,
        ): number
        for number in numbers
    }  # fmt: skip
    failed: dict[int, BaseException] = {}
    try:
        for future in as_completed(list(futures)):  # type: ignore[no-untyped-call]
            number, error = futures[future], future.exception()
            if future.cancelled() or isinstance(error, FutureCancelledError):
                raise TaskError(
                    "The Dask scheduler was lost. Start it again, then run again: what was computed"
                    " is kept."
                )
            if error is None:
                yield number, future.result()
                future.release()  # the workers need not keep what has been taken
            else:
                logger.warning("task %d failed: %s", number, error)
                failed[number] = error
    finally:
        client.cancel([future for future in futures if not future.done()])
    if failed:
        _tell(failed)


def _send(client: Any, task: Task[Result]) -> Any:
    """The task, once, on each worker that is there; others take it from these.

    As the result of a task of its own: if all workers that hold it die, it is made again, which
    scattered data is not.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Sending large graph")  # it is one, once
        held = client.submit(_hold, task, pure=False)
    # A worker that is lost meanwhile makes this fail; the others then take it as they need it.
    with suppress(KeyError, ValueError):
        client.replicate([held])
    return held


def _hold(task: Task[Result]) -> Task[Result]:
    return task


def _call(task: Task[Result], number: int, n_threads: int) -> Result:
    import torch

    torch.set_num_threads(n_threads)
    return task(number, lambda _: None)


def _tell(failed: dict[int, BaseException]) -> None:
    number, error = min(failed.items())
    if isinstance(error, PlmscopeError):
        raise error
    raise TaskError(
        f"Shard {number} cannot be computed ({type(error).__name__}: {error}); {len(failed)} in all"
        " failed, and what the others made is kept. Look into the logs of the Dask workers, then"
        " run again."
    ) from error


def _client(settings: ExecutorSettings) -> Any:
    """A client of the cluster that the settings ask for, started once in a process."""
    key = settings.model_dump_json()
    if key not in _clients or _clients[key].status != "running":
        _clients[key] = _connect(settings)
    return _clients[key]


def _connect(settings: ExecutorSettings) -> Any:
    from distributed import Client

    if settings.scheduler is not None:
        try:
            return Client(settings.scheduler, timeout=_CONNECT_SECONDS)  # type: ignore[no-untyped-call]
        except (OSError, ValueError) as error:
            raise TaskError(
                f"No Dask scheduler answers at {settings.scheduler} ({error}). Start one, or mend"
                " executor.scheduler."
            ) from error
    client = Client(_cluster(settings))  # type: ignore[no-untyped-call]
    client.wait_for_workers(1)
    if client.dashboard_link:
        logger.info("Dask's dashboard: %s", client.dashboard_link)
    return client


@atexit.register
def close_clients() -> None:
    """Leave the schedulers, and end the clusters that this process has started."""
    for client in _clients.values():
        cluster = client.cluster
        # A worker that is just being restarted is never seen to end; it ends with this process.
        with suppress(TimeoutError):
            client.close(_CLOSE_SECONDS)
        with suppress(TimeoutError):
            if cluster is not None:
                cluster.close(_CLOSE_SECONDS)
    _clients.clear()


def _cluster(settings: ExecutorSettings) -> Any:
    """Workers of one thread each, here or by Slurm."""
    from distributed import LocalCluster

    import dask

    dask.config.set({"distributed.scheduler.worker-ttl": _WORKER_LOST_SECONDS})
    if settings.kind == "slurm":
        from dask_jobqueue.slurm import SLURMCluster

        cluster = SLURMCluster(cores=1, processes=1, **settings.slurm)
        # Not `scale`: a job that Slurm ends, for its time or its node, is submitted again.
        cluster.adapt(minimum=settings.n_workers, maximum=settings.n_workers)
        return cluster
    return LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=settings.n_workers,
        threads_per_worker=1,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        resources=settings.resources or None,
    )
