"""Which trial's settings are taken, and why."""

from __future__ import annotations

import logging
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from plmscope.training.errors import SearchError
from plmscope.training.search.settings import BestWithinL0, ChoiceRule, Value
from plmscope.training.search.space import apply_values
from plmscope.training.settings import RunSettings

logger = logging.getLogger(__name__)


class ChosenRun(RunSettings):
    """What is trained in full, and why."""

    trial: int | None
    """The trial that had these settings; None: no search was made."""

    reason: str
    """A sentence with the figures that decided."""


class ChosenTrial(NamedTuple):
    """A trial, and why it was taken.

    Attributes:
        number: Of the trial.
        reason: A sentence with the figures that decided.
    """

    number: int
    reason: str


def choose_run(
    trials: pd.DataFrame, front: pd.DataFrame, configured: RunSettings, rule: ChoiceRule
) -> ChosenRun:
    """Pick a trial by a rule and give its settings for a run in full.

    Args:
        trials: As `tabulate_trials` makes it.
        front: As `select_front` makes it.
        configured: Settings of trial 0, and of all that is not searched.
        rule: Best within an L0, or the knee of the front.

    Raises:
        SearchError: Trials were made, but none is complete.
    """
    if trials.empty:
        reason = "The configured settings: none were searched."
        return _chosen(configured, None, reason)
    chosen = choose_trial(trials, front, rule)
    values: dict[str, Value] = {}
    if chosen.number > 0:
        searched = trials.loc[trials["trial"] == chosen.number, "architecture":]
        (row,) = searched.dropna(axis="columns").to_dict("records")
        values = {str(name): value for name, value in row.items()}
    run = apply_values(values, configured)
    logger.info(chosen.reason)
    return _chosen(run, chosen.number, chosen.reason)


def _chosen(run: RunSettings, trial: int | None, reason: str) -> ChosenRun:
    run = run.spelt_out()
    return ChosenRun(sae=run.sae, training=run.training, trial=trial, reason=reason)


def choose_trial(trials: pd.DataFrame, front: pd.DataFrame, rule: ChoiceRule) -> ChosenTrial:
    """Pick a trial by a rule.

    Args:
        trials: As `tabulate_trials` makes it.
        front: As `select_front` makes it.
        rule: Best within an L0, or the knee of the front.

    Raises:
        SearchError: No trial is complete.
    """
    complete = trials[trials["state"] == "complete"]
    if complete.empty:
        reasons = "; ".join(trials.loc[trials["reason"] != "", "reason"].unique()[:3])
        raise SearchError(
            f"None of the {len(trials)} trials of the search was trained to its end. {reasons}\n"
            "Change the search space in search.shared and search.architectures, or set"
            " search.n_trials: 0 to take the configured settings."
        )
    if isinstance(rule, BestWithinL0):
        return _best_within_l0(complete, rule)
    return _knee(front)


def _best_within_l0(complete: pd.DataFrame, rule: BestWithinL0) -> ChosenTrial:
    allowed = complete[complete["l0"] <= rule.max_l0]
    if allowed.empty:
        row = complete.sort_values(["l0", "trial"]).iloc[0]
        reason = f"No trial has L0 <= {rule.max_l0:g}: the sparsest of all, {_figures(row)}."
        logger.warning(reason)
        return ChosenTrial(int(row["trial"]), reason)
    lowest = rule.by == "fvu"
    row = allowed.sort_values([rule.by, "trial"], ascending=[lowest, True]).iloc[0]
    return ChosenTrial(
        int(row["trial"]),
        f"{'Lowest' if lowest else 'Highest'} {rule.by} of the {len(allowed)} complete trials with"
        f" L0 <= {rule.max_l0:g}: {_figures(row)}.",
    )


def _knee(front: pd.DataFrame) -> ChosenTrial:
    """The point farthest below the chord of the front (Das 1999, doi 10.1007/BF01195985)."""
    front = front.sort_values(["l0", "trial"])
    x = _unit_interval(np.log(front["l0"].to_numpy(dtype=np.float64).clip(1e-9)))
    y = _unit_interval(front["fvu"].to_numpy(dtype=np.float64))
    below_chord = y[0] + (y[-1] - y[0]) * x - y
    row = front.iloc[int(below_chord.argmax())]
    return ChosenTrial(
        int(row["trial"]), f"Knee of the L0-FVU front of {len(front)} trials: {_figures(row)}."
    )


def _unit_interval(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    spread = np.ptp(values)
    return (values - values.min()) / (spread if spread > 0 else 1.0)


def _figures(row: pd.Series[Any]) -> str:
    figures = f"trial {row['trial']} with L0 {row['l0']:.1f} and FVU {row['fvu']:.4f}"
    if pd.notna(row["concept_f1"]):
        figures += f" and concept F1 {row['concept_f1']:.4f}"
    return f"{figures} on valid"
