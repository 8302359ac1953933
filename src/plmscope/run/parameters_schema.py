"""The JSON schema of the parameters, for editors.

Run as a program it writes `conf/parameters.schema.json`, which the parameters files name in their
first line: an editor then offers the settings, says what each is, and marks what cannot be.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_type_hints

from kedro.framework.project import pipelines
from kedro.framework.startup import bootstrap_project
from kedro.pipeline.node import Node
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from plmscope.disk.files import write_then_rename
from plmscope.saes.registry import ARCHITECTURES, sae_class
from plmscope.training.step.objectives.registry import OBJECTIVES, objective_class

SCHEMA = Path("conf/parameters.schema.json")
_REFERENCE = "#/$defs/{model}"


def parameter_models() -> dict[str, type[BaseModel]]:
    """The class of each group of parameters, as the nodes that take it say."""
    nodes = (node for pipeline in pipelines.values() for node in pipeline.nodes)
    models = dict(found for node in nodes for found in _groups_of(node))
    return {group: models[group] for group in sorted(models)}


def parameters_schema() -> dict[str, Any]:
    """One schema for all groups; what an architecture alone has is offered for each of them."""
    groups = parameter_models()
    configs = {name: sae_class(name).Config for name in ARCHITECTURES}
    objectives = {name: objective_class(name).Settings for name in OBJECTIVES}
    models = {model.__name__: model for model in (*groups.values(), *configs.values())}
    models |= {model.__name__: model for model in objectives.values()}
    _, schema = models_json_schema(
        [(model, "validation") for _, model in sorted(models.items())], ref_template=_REFERENCE
    )
    defined = schema["$defs"]
    defined["SAESettings"] = {"anyOf": _references(configs)}
    defined["TrainingSettings"]["properties"]["objective"] = {
        "description": defined["TrainingSettings"]["properties"]["objective"]["description"],
        "anyOf": _references(objectives),
    }
    for model in defined.values():  # a layer says but what differs from those below it
        model.pop("required", None)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "PLMscope parameters",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            group: {"$ref": _REFERENCE.format(model=model.__name__)}
            for group, model in groups.items()
        },
        "$defs": defined,
    }


def _groups_of(node: Node) -> Iterator[tuple[str, type[BaseModel]]]:
    """The groups that a node takes, each with the class that its argument is hinted with."""
    hints = get_type_hints(node.func)
    for argument, name in zip(inspect.signature(node.func).parameters, node.inputs, strict=False):
        if name.startswith("params:"):
            yield name.removeprefix("params:"), hints[argument]


def _references(models: Mapping[str, type[BaseModel]]) -> list[dict[str, str]]:
    names = dict.fromkeys(model.__name__ for model in models.values())
    return [{"$ref": _REFERENCE.format(model=name)} for name in names]


def main() -> None:
    """Write the schema where the parameters files look for it."""
    bootstrap_project(Path.cwd())
    with write_then_rename(SCHEMA) as path:
        path.write_text(json.dumps(parameters_schema(), indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
