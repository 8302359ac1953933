"""The project's pipelines, found by their folder names."""

from kedro.framework.project import find_pipelines
from kedro.pipeline import Pipeline

MAIN_JOB = (
    "ingestion",
    "embedding",
    "sae_training",
    "concept_analysis",
    "feature_reporting",
)


def register_pipelines() -> dict[str, Pipeline]:
    """Every folder of `plmscope.pipelines`, its nodes tagged with its name.

    Returns:
        Pipelines by name; `__default__` is the main job, ingestion to reporting.
    """
    pipelines = {
        name: Pipeline(pipeline, tags=name)
        for name, pipeline in find_pipelines(raise_errors=True).items()
        if name != "__default__"
    }
    asked_for = (pipelines[name] for name in MAIN_JOB if name in pipelines)  # others stay unloaded
    main_job = sum(asked_for, start=Pipeline([]))
    return pipelines | {"__default__": main_job}
