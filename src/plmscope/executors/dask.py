"""Tasks on a Dask cluster: one that runs, one on this machine, or one that Slurm starts."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

from plmscope.errors import PlmscopeError
from plmscope.executors.running import Result, TaskError
from plmscope.executors.settings import ExecutorSettings

logger = logging.getLogger(__name__)

_CONNECT_SECONDS = 30
_WORKER_LOST_SECONDS = "60 s"
"""A worker that says nothing for so long has hung: its task is given to another."""


def run_on_dask(
    task: Callable[[int], Result], numbers: Sequence[int], settings: ExecutorSettings
) -> Iterator[tuple[int, Result]]:
    """As `run_tasks`."""
    _need("distributed", "kind: dask")
    from distributed import as_completed
    from distributed.client import FutureCancelledError

    with _client(settings) as client:
        sent = _send(client, task)
        futures = {
            client.submit(
                _call, sent, number, pure=False, retries=settings.retries,
                resources=settings.resources or None,
            ): number
            for number in numbers
        }  # fmt: skip
        failed: dict[int, BaseException] = {}
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
        if failed:
            _tell(failed)


def _send(client: Any, task: Callable[[int], Result]) -> Any:
    """The task, once, on each worker that is there; others take it from these.

    As the result of a task of its own: if all workers that hold it die, it is made again, which
    scattered data is not.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Sending large graph")  # it is one, once
        held = client.submit(_hold, task, pure=False)
    client.replicate([held])
    return held


def _hold(task: Callable[[int], Result]) -> Callable[[int], Result]:
    return task


def _call(task: Callable[[int], Result], number: int) -> Result:
    return task(number)


def _tell(failed: dict[int, BaseException]) -> None:
    number, error = min(failed.items())
    if isinstance(error, PlmscopeError):
        raise error
    raise TaskError(
        f"Shard {number} cannot be computed ({type(error).__name__}: {error}); {len(failed)} in all"
        " failed, and what the others made is kept. Look into the logs of the Dask workers, then"
        " run again."
    ) from error


@contextmanager
def _client(settings: ExecutorSettings) -> Iterator[Any]:
    """A client of the cluster that the settings ask for."""
    from distributed import Client

    if settings.scheduler is not None:
        try:
            client = Client(settings.scheduler, timeout=_CONNECT_SECONDS)  # type: ignore[no-untyped-call]
        except (OSError, ValueError) as error:
            raise TaskError(
                f"No Dask scheduler answers at {settings.scheduler} ({error}). Start one, or mend"
                " embedding.executor.scheduler."
            ) from error
        with client:
            yield client
        return
    with _cluster(settings) as cluster, Client(cluster) as client:  # type: ignore[no-untyped-call]
        client.wait_for_workers(1)
        if client.dashboard_link:
            logger.info("Dask's dashboard: %s", client.dashboard_link)
        yield client


def _cluster(settings: ExecutorSettings) -> Any:
    """Workers of one thread each, here or by Slurm."""
    from distributed import LocalCluster

    import dask

    dask.config.set({"distributed.scheduler.worker-ttl": _WORKER_LOST_SECONDS})
    if settings.kind == "slurm":
        _need("dask_jobqueue", "kind: slurm")
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


def _need(package: str, what: str) -> None:
    if find_spec(package) is None:
        raise TaskError(
            f"embedding.executor asks for {what}, and {package} is not installed. Install it:"
            " pip install 'plmscope[dask]'"
        )
