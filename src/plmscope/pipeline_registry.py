"""The project's pipelines, found by their folder names."""

import re
from importlib import import_module
from pathlib import Path

from kedro.framework.project import find_pipelines
from kedro.pipeline import Pipeline

from plmscope.errors import PlmscopeError

MAIN_JOB = (
    "ingestion",
    "embedding",
    "sae_training",
    "concept_analysis",
    "feature_reporting",
)


BEGINS_WITH = {"feature_effects": ("motif_controls",)}
"""What a pipeline needs of others that are not in the main job."""
FED_BY = {"plan": ("ingestion", "selected_proteins")}
"""Pipelines that begin with another one's nodes, up to a dataset."""
TOLD_ANEW = ("feature_effects", "probes", "structures")
"""Pipelines whose results the feature table and the report show, once they have run."""


class UnknownPipelineError(PlmscopeError):
    """A pipeline that there is not."""


def register_pipelines() -> dict[str, Pipeline]:
    """Every folder of `plmscope.pipelines`; its name is its nodes' tag, and their namespace.

    The namespace lets kedro-viz fold a pipeline into one box; datasets keep their plain names.

    Returns:
        Pipelines by name; `__default__` is the main job, ingestion to reporting.

    Raises:
        UnknownPipelineError: One was asked for that has no folder.
    """
    try:
        found = find_pipelines(raise_errors=True)
    except ImportError as error:
        _refuse_unknown(error)
        raise
    pipelines = {
        name: Pipeline(pipeline, tags=name, namespace=name, prefix_datasets_with_namespace=False)
        for name, pipeline in found.items()
        if name != "__default__"
    }
    for name in pipelines.keys() - set(MAIN_JOB) - {"sae_import"}:
        pipelines[name] = _with_what_comes_with_it(name, pipelines)
    asked_for = (pipelines[name] for name in MAIN_JOB if name in pipelines)  # others stay unloaded
    main_job = sum(asked_for, start=Pipeline([]))
    return pipelines | {"__default__": main_job}


def _with_what_comes_with_it(name: str, pipelines: dict[str, Pipeline]) -> Pipeline:
    """A pipeline with the controls that it needs, and with the report told anew of what it made.

    The nodes are those of the other pipelines, so that several of them can run together.
    """
    pipeline = pipelines[name]
    for other in BEGINS_WITH.get(name, ()):
        pipeline += pipelines.get(other) or _load(other)
    if name in FED_BY:
        feeder, dataset = FED_BY[name]
        pipeline += (pipelines.get(feeder) or _load(feeder)).to_outputs(dataset)
    if name in TOLD_ANEW:
        reporting = pipelines.get("feature_reporting") or _load("feature_reporting")
        pipeline += reporting.from_inputs(*sorted(pipeline.all_outputs() & reporting.inputs()))
    return pipeline


def _load(name: str) -> Pipeline:
    """One pipeline; its name is its nodes' tag, and their namespace."""
    made = import_module(f"plmscope.pipelines.{name}").create_pipeline()
    return Pipeline(made, tags=name, namespace=name, prefix_datasets_with_namespace=False)


def _refuse_unknown(error: ImportError) -> None:
    """Tell a name without a folder from a pipeline that fails to import."""
    folder = Path(__file__).with_name("pipelines")
    known = sorted(path.parent.name for path in folder.glob("*/pipeline.py"))
    named = re.search(r"plmscope\.pipelines\.(\w+)", str(error))
    if named is not None and named[1] not in known:
        raise UnknownPipelineError(
            f"There is no pipeline {named[1]}. There are: {', '.join(known)}."
        ) from error
