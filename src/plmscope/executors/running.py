"""Running tasks that are numbered, independent of each other, and may be run twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib.util import find_spec
from typing import Any, ClassVar, Protocol, TypeVar

from plmscope.errors import PlmscopeError
from plmscope.executors.settings import ExecutorSettings

Result = TypeVar("Result")
Result_co = TypeVar("Result_co", covariant=True)
Advance = Callable[[int], object]
"""Told how many units of a task were done just now."""
_PACKAGES = {"local": (), "dask": ("distributed",), "slurm": ("distributed", "dask_jobqueue")}


class TaskError(PlmscopeError):
    """A task that failed, or an executor that cannot be had."""


def check_executor(settings: ExecutorSettings) -> None:
    """Refuse an executor whose packages are not here.

    Raises:
        TaskError: Naming the package.
    """
    for package in _PACKAGES[settings.kind]:
        if find_spec(package) is None:
            raise TaskError(
                f"The executor is to be {settings.kind}, and {package} is not installed. Install"
                " it: pip install 'plmscope[dask]', or set kind: local in globals.yml"
                " (executor)."
            )


class TaskResult:
    """What a task found, which leaves behind what the task was given when it is sent back."""

    GIVEN: ClassVar[tuple[str, ...]] = ()
    """Attributes that stay behind: who takes the result over has them."""

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name not in self.GIVEN}


class Task(Protocol[Result_co]):
    """What is done for a number. It may be done twice, also at the same time."""

    def __call__(self, number: int, advance: Advance) -> Result_co:
        """Do it; `advance` may be told how far it is."""


def run_tasks(
    task: Task[Result], sizes: Mapping[int, int], settings: ExecutorSettings, advance: Advance
) -> Iterator[tuple[int, Result]]:
    """Run a task for each number.

    Args:
        task: For Dask it is pickled, and sent to every worker once.
        sizes: The units of work of each task, by its number.
        settings: Where they run.
        advance: Told the units as they are done: here as the tasks tell, on Dask by whole tasks.

    Yields:
        Number and result, as they are ready.

    Raises:
        TaskError: Dask is not installed, its scheduler does not answer, or a worker died at the
            same task again and again; the number is named.
        Exception: What the task raised: here at once, with Dask after all other tasks have run.
    """
    if settings.kind == "local" or not sizes:
        for number in sizes:
            yield number, task(number, advance)
        return
    check_executor(settings)
    from plmscope.executors.dask import run_on_dask  # which need not be installed

    for number, result in run_on_dask(task, list(sizes), settings):
        advance(sizes[number])
        yield number, result
