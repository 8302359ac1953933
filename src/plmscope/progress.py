"""How far long work is: a bar on a terminal, now and then a line in a log."""

from __future__ import annotations

import io
import logging
import sys
import time
from typing import Any, NoReturn, TypeAlias

from tqdm import tqdm

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_LINES = 30.0
_LINE = (
    "{desc}: {n_fmt} of {total_fmt} {unit}s ({percentage:.0f} %), {rate_fmt}, {remaining} left"
    "{postfix}"
)
_LARGE = 10_000  # from here on, thousands are written as k

Progress: TypeAlias = "tqdm[NoReturn]"


def show_progress(
    task: str, total: int | None, unit: str, *, done: int = 0, shown: bool = True
) -> Progress:
    """A bar to `update` as work goes on, to be closed or used as a context.

    Where standard error is no terminal, such as in a log, it is a line every
    `SECONDS_BETWEEN_LINES`, and nothing at all for what takes less.

    Args:
        task: What is being done.
        total: How many units there are to do; None where that is not known yet.
        unit: What is counted, in the singular.
        done: How many of them were done before.
        shown: Whether to show anything.
    """
    kind = tqdm if sys.stderr.isatty() else _Lines
    return kind(
        desc=task,
        total=total,
        unit=unit,
        unit_scale=total is None or total >= _LARGE,
        initial=done,
        disable=not shown,
    )


class _Lines(tqdm):  # type: ignore[type-arg]  # it takes none when it runs
    """A bar that is logged instead of drawn."""

    def __init__(self, **arguments: Any) -> None:
        self._next_line = time.monotonic() + SECONDS_BETWEEN_LINES
        super().__init__(
            **arguments,
            file=io.StringIO(),  # where tqdm ends the line that it takes itself to have drawn
            bar_format=_LINE,
            mininterval=SECONDS_BETWEEN_LINES,
            maxinterval=SECONDS_BETWEEN_LINES,
        )

    def display(self, *_: Any, **__: Any) -> None:
        """Log how far it is, if the last line is long enough ago."""
        now = time.monotonic()
        if now >= self._next_line:
            self._next_line = now + SECONDS_BETWEEN_LINES
            logger.info("%s", str(self))  # as it is now
