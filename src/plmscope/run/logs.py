"""How a run logs, wherever it is started."""

from __future__ import annotations

import os
from pathlib import Path

import yaml
from kedro.framework.project import LOGGING
from kedro.utils import find_kedro_project


def log_as_the_project_says() -> None:
    """Take conf/logging.yml in a subfolder of the project too.

    Kedro looks for it in the current folder alone; its own handler wraps records at 80 columns
    where there is no terminal.
    """
    project = find_kedro_project(Path.cwd())
    if project in (None, Path.cwd()) or "KEDRO_LOGGING_CONFIG" in os.environ:
        return
    LOGGING.configure(yaml.safe_load((project / "conf/logging.yml").read_text()))
