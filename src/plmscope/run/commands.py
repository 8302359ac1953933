"""The commands that make a run's datasets, or show them."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from kedro.framework.project import pipelines

from plmscope.pipeline_registry import MAIN_JOB

NOTHING_GIVEN: Mapping[str, Any] = MappingProxyType({})


class Start(NamedTuple):
    """How a run was started: another command about its data must be told the same.

    Attributes:
        environment: Of the configuration.
        params: What `--params` gave; the globals among them say which data a run is about.
    """

    environment: str | None = None
    params: Mapping[str, Any] = NOTHING_GIVEN

    @property
    def options(self) -> str:
        """What to add to a kedro command, with a blank before it; "" if nothing was given."""
        named = self.environment not in (None, "base", "local")
        chosen = f" --env {self.environment}" if named else ""
        coordinates = [
            f"{name}={'null' if value is None else value}"
            for name, value in self.params.items()
            if not isinstance(value, Mapping)  # a group of settings
        ]
        given = f" --params {shlex.quote(','.join(coordinates))}" if coordinates else ""
        return chosen + given


def main_job(start: Start) -> tuple[str, ...]:
    """The stages of the main job; an SAE that is named on the command line is imported."""
    if "sae_source" not in start.params:
        return MAIN_JOB
    return tuple("sae_import" if stage == "sae_training" else stage for stage in MAIN_JOB)


def stage_of(dataset: str, start: Start) -> str | None:
    """The pipeline that writes a dataset, if possible one of the main job; None for a given one."""
    pipelines.set_requested(None)  # a run loads only its own
    for name in (*main_job(start), *pipelines):
        if name != "__default__" and dataset in pipelines[name].all_outputs():
            return str(name)
    return None


def command_for(stages: list[str], start: Start) -> str:
    """The command that runs some stages on the data at hand."""
    return f"kedro run{start.options} --pipelines {','.join(stages)}"


def dashboard_command(data_root: Path, project: Path) -> str:
    """The command, given in the project's folder, that opens the dashboard on some data."""
    if data_root == project / "data":
        return "make dashboard"
    return f"PLMSCOPE_DATA_ROOT={shlex.quote(str(data_root))} make dashboard"


def lineage_command(start: Start) -> str:
    """The command, given in the project's folder, that shows the lineage of a run's data."""
    return f"kedro viz run{start.options}" if start.options else "make viz"


def stages_between(first: str, last: str, start: Start) -> list[str]:
    """The stages of the main job from one to another; both where either is none of them."""
    stages = main_job(start)
    if first in stages and last in stages:
        return list(stages[stages.index(first) : stages.index(last) + 1]) or [first]
    return list(dict.fromkeys([first, last]))
