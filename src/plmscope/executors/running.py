"""Running tasks that are numbered, independent of each other, and may be run twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from plmscope.errors import PlmscopeError
from plmscope.executors.settings import ExecutorSettings

Result = TypeVar("Result")


class TaskError(PlmscopeError):
    """A task that failed, or an executor that cannot be had."""


def run_tasks(
    task: Callable[[int], Result], numbers: Sequence[int], settings: ExecutorSettings
) -> Iterator[tuple[int, Result]]:
    """Run a task for each number.

    Args:
        task: It may be run again for a number, also while it still runs elsewhere. For Dask it is
            pickled, and sent to every worker once.
        numbers: Of the tasks.
        settings: Where they run.

    Yields:
        Number and result, as they are ready.

    Raises:
        TaskError: There is no Dask here, its scheduler does not answer, or a worker died at the
            same task again and again; the number is named.
        Exception: What the task raised: here at once, with Dask after all other tasks have run.
    """
    if settings.kind == "local" or not numbers:
        for number in numbers:
            yield number, task(number)
        return
    from plmscope.executors.dask import run_on_dask  # which need not be installed

    yield from run_on_dask(task, numbers, settings)
