"""The command that makes a dataset."""

from __future__ import annotations

from kedro.framework.project import pipelines

from plmscope.pipeline_registry import MAIN_JOB


def stage_of(dataset: str) -> str | None:
    """The pipeline that writes a dataset; None for what is given."""
    pipelines.set_requested(None)  # a run loads only its own
    for name, pipeline in pipelines.items():
        if name != "__default__" and dataset in pipeline.all_outputs():
            return str(name)
    return None


def command_for(stages: list[str], environment: str | None) -> str:
    """The command that runs some stages of the environment at hand."""
    chosen = f" --env {environment}" if environment not in (None, "base", "local") else ""
    return f"kedro run{chosen} --pipelines {','.join(stages)}"


def stages_between(first: str, last: str) -> list[str]:
    """The stages of the main job from one to another; both where either is none of them."""
    if first in MAIN_JOB and last in MAIN_JOB:
        between = MAIN_JOB[MAIN_JOB.index(first) : MAIN_JOB.index(last) + 1]
        return list(between) or [first]
    return list(dict.fromkeys([first, last]))
