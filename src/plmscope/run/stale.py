"""Refusing a node's inputs that do not belong together, with the command that mends it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plmscope.pipeline_registry import MAIN_JOB
from plmscope.run.commands import command_for, stage_of, stages_between
from plmscope.run.lineage import (
    Claims,
    Disagreement,
    StaleInputError,
    agreed_claims,
    refuse_incompatible,
)


def check_inputs(inputs: Mapping[str, Any], stage: str, environment: str | None) -> Claims:
    """Hold all that a node is given against each other.

    Args:
        inputs: By dataset name.
        stage: The pipeline of the node.
        environment: Of the configuration, for the command.

    Returns:
        What the inputs say together.

    Raises:
        StaleInputError: Two of them were made from different things.
        CheckpointMismatch: An SAE is used on activations of another PLM, layer or width.
    """
    refuse_incompatible(inputs)
    claims, disagreements = agreed_claims(inputs)
    if disagreements:
        raise StaleInputError(_sentence(disagreements, stage, environment))
    return claims


def _sentence(disagreements: list[Disagreement], stage: str, environment: str | None) -> str:
    """Tell the disagreement that is nearest to the beginning of the main job."""
    made_by = {each.stale: stage_of(each.stale) or stage for each in disagreements}
    first = min(disagreements, key=lambda each: _order(made_by[each.stale]))
    owner, _, aspect = first.about.partition(": ")
    command = command_for(stages_between(made_by[first.stale], stage), environment)
    differs = "are others" if aspect.endswith("s") else "is another"
    return (
        f"{first.stale} and {first.other} do not belong together: the {aspect} of {owner} that"
        f" {first.stale} was made from {differs}. Make it again: {command}"
    )


def _order(stage: str) -> int:
    return MAIN_JOB.index(stage) if stage in MAIN_JOB else len(MAIN_JOB)
