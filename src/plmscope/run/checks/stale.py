"""Refusing a node's inputs that do not belong together, with the command that mends it."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from typing import Any

import pandas as pd

from plmscope import saes
from plmscope.run.checks.lineage import (
    Claims,
    Disagreement,
    StaleInputError,
    agreed_claims,
    refuse_incompatible,
)
from plmscope.run.checks.tables import check_tables
from plmscope.run.commands import Start, command_for, main_job, stage_of, stages_between

logger = logging.getLogger(__name__)


def check_inputs(inputs: Mapping[str, Any], stage: str, start: Start) -> Claims:
    """Compare all that a node is given with each other.

    Args:
        inputs: By dataset name.
        stage: The pipeline of the node.
        start: How the run was started, for the command.

    Returns:
        What the inputs say together.

    Raises:
        UnusableTableError: One of them lacks what the stage needs of it.
        StaleInputError: Two of them were made from different things.
        CheckpointMismatch: An SAE is used on activations of another PLM, layer or width.
    """
    check_tables(inputs, stage)
    refuse_incompatible(inputs)
    if stage not in ("sae_import", "sae_evaluation"):
        _refuse_unscaled(inputs)
    claims, disagreements = agreed_claims(inputs)
    if disagreements:
        raise StaleInputError(_sentence(disagreements, stage, start))
    return claims


def leave_out_stale(
    inputs: Mapping[str, Any], optional: Collection[str]
) -> dict[str, pd.DataFrame]:
    """The tables of later pipelines that were made from something else, without their rows.

    The main job makes what they were made from again; they are not made with it.

    Args:
        inputs: By dataset name.
        optional: Those that there need not be.
    """
    _, disagreements = agreed_claims(inputs)
    stale = {each.stale for each in disagreements} & set(optional)
    emptied = {}
    for name in sorted(stale):
        logger.warning("%s is left out: it was made from something else than this run", name)
        emptied[name] = inputs[name].iloc[:0].copy()
        emptied[name].attrs = {}
    return emptied


def _refuse_unscaled(inputs: Mapping[str, Any]) -> None:
    """Refuse an SAE without the maxima of its features: thresholds are fractions of them."""
    sae = inputs.get("sae")
    if sae is not None and not saes.is_scaled(sae):
        raise StaleInputError(
            "sae has no maxima of its features, of which thresholds are fractions. Import it, which"
            " measures them: kedro run --pipelines sae_import --params sae_source=<folder>"
        )


def _sentence(disagreements: list[Disagreement], stage: str, start: Start) -> str:
    """Tell the disagreement that is nearest to the beginning of the main job."""
    made_by = {each.stale: stage_of(each.stale, start) or stage for each in disagreements}
    first = min(disagreements, key=lambda each: _order(made_by[each.stale], start))
    owner, _, aspect = first.about.partition(": ")
    command = command_for(stages_between(made_by[first.stale], stage, start), start)
    differs = "are others" if aspect.endswith("s") else "is another"
    return (
        f"{first.stale} and {first.other} do not belong together: the {aspect} of {owner} that"
        f" {first.stale} was made from {differs}. Make it again: {command}"
    )


def _order(stage: str, start: Start) -> int:
    stages = main_job(start)
    return stages.index(stage) if stage in stages else len(stages)
