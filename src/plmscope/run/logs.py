"""How a run logs, wherever it is started."""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from pathlib import Path

import yaml
from kedro.framework.project import LOGGING
from kedro.utils import find_kedro_project
from pythonjsonlogger.json import JsonFormatter


def log_as_the_project_says() -> None:
    """Take conf/logging.yml in a subfolder of the project too.

    Kedro looks for it in the current folder alone; its own handler wraps records at 80 columns
    where there is no terminal.
    """
    project = find_kedro_project(Path.cwd())
    if project in (None, Path.cwd()) or "KEDRO_LOGGING_CONFIG" in os.environ:
        return
    LOGGING.configure(yaml.safe_load((project / "conf/logging.yml").read_text()))


def write_log(path: Path) -> logging.FileHandler:
    """Write what is logged from now on, with a JSON object a line.

    Each has time, level, logger and message, and what else a record says: of a shard its number,
    residues and seconds.

    Args:
        path: A file in a folder that is there.

    Returns:
        What to hand to `end_log`.
    """
    handler = _Log(path, encoding="utf-8")
    names = {"asctime": "time", "levelname": "level", "name": "logger"}
    handler.setFormatter(
        JsonFormatter("{asctime}{levelname}{name}{message}", style="{", rename_fields=names)
    )
    logging.getLogger().addHandler(handler)
    return handler


def end_log(handler: logging.FileHandler) -> None:
    """Close a log that `write_log` has begun."""
    logging.getLogger().removeHandler(handler)
    with suppress(OSError):  # of what a full disk did not take
        handler.close()


class _Log(logging.FileHandler):
    """A log without which the run goes on: a full disk stops where a result is written."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002, N802
        """Give the log up."""
        end_log(self)
