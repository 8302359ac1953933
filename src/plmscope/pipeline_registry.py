"""The project's pipelines, found by their folder names."""

from kedro.framework.project import find_pipelines
from kedro.pipeline import Pipeline


def register_pipelines() -> dict[str, Pipeline]:
    """Every folder of `plmscope.pipelines`; `__default__` is the main job, ingestion to reporting."""
    pipelines = find_pipelines(raise_errors=True)
    main_job = (
        "ingestion",
        "embedding",
        "sae_training",
        "concept_analysis",
        "feature_reporting",
    )
    pipelines["__default__"] = sum(
        (pipelines[name] for name in main_job if name in pipelines), start=Pipeline([])
    )
    return pipelines
