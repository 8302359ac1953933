"""Settings that the command line names, but no node of the run takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kedro.framework.project import pipelines
from kedro.pipeline import Pipeline
from kedro.validation.type_extractor import TypeExtractor
from pydantic import TypeAdapter, ValidationError

from plmscope.errors import PlmscopeError, describe_validation_error


class UnusedSettingError(PlmscopeError):
    """A setting that this run would not have looked at, and that is wrong."""


def check_unused(named: Iterable[str], parameters: Mapping[str, Any], pipeline: Pipeline) -> None:
    """Check what Kedro does not, as it looks only at what a run's nodes take.

    Args:
        named: Groups and globals on the command line.
        parameters: All groups of the parameters.
        pipeline: What is about to run.

    Raises:
        UnusedSettingError: A group that no node of the run takes is not as its settings class has
            it.
    """
    unused = [
        group
        for group in named
        if group in parameters and f"params:{group}" not in pipeline.inputs()
    ]
    if not unused:
        return
    pipelines.set_requested(None)  # a run loads only its own
    kinds = TypeExtractor(dict(pipelines)).extract_types_from_pipelines()
    for group in unused:
        if group in kinds:
            _check(group, parameters[group], kinds[group])


def _check(group: str, settings: Any, kind: type) -> None:
    try:
        TypeAdapter(kind).validate_python(settings)
    except ValidationError as error:
        raise UnusedSettingError(f"--params: {group}.{describe_validation_error(error)}") from error
