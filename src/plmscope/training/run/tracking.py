"""Sending a training history to Weights & Biases, an optional extra."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from plmscope.errors import PlmscopeError

LogRow = Callable[[Mapping[str, float]], None]


class TrackingError(PlmscopeError):
    """The tracker that was asked for is not installed."""


@contextmanager
def track_run(project: str | None, config: Mapping[str, Any]) -> Iterator[LogRow]:
    """Open a Weights & Biases run.

    Args:
        project: Its project. None: nothing is sent, and `wandb` is not imported.
        config: What to file the run under.

    Yields:
        A function that takes one row of the history, which has a `step`.

    Raises:
        TrackingError: `wandb` is not installed.
    """
    if project is None:
        yield lambda row: None  # noqa: ARG005
        return
    try:
        import wandb
    except ImportError as error:
        raise TrackingError(
            "training.wandb_project is set, but wandb is not installed."
            " Run: pip install 'plmscope[wandb]', or set it to null."
        ) from error
    with wandb.init(project=project, config=dict(config)) as run:
        yield lambda row: run.log(dict(row), step=int(row["step"]))
