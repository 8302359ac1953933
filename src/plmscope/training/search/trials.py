"""What a search found, as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from plmscope.training.search.settings import SearchSettings, Value, checked_value
from plmscope.training.search.space import values_of
from plmscope.training.search.study.study import RESULT
from plmscope.training.settings import RunSettings

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import FrozenTrial

STATES = {"COMPLETE": "complete", "PRUNED": "pruned", "FAIL": "failed"}
MEASURED = {
    "fvu": "Float64",
    "l0": "Float64",
    "dead_fraction": "Float64",
    "fvu_at_l0": "Float64",
    "concept_f1": "Float64",
    "n_residues": "Int64",
    "seconds": "Float64",
}


def tabulate_trials(
    study: Study | None, configured: RunSettings, settings: SearchSettings
) -> pd.DataFrame:
    """One row a trial.

    Args:
        study: None: no search was made; the table has no rows.
        configured: Settings of trial 0.
        settings: Its space and objectives.

    Returns:
        trial, state ("complete", "pruned" or "failed"), reason (of a failure, else ""), fvu, l0,
        dead_fraction, fvu_at_l0 and concept_f1 on valid as they were last measured, n_residues that
        were trained on, seconds from the start of its pass to its own end, architecture, and a
        column for each searched setting: empty where the trial's architecture has no such one.
    """
    trials = [] if study is None else study.get_trials(deepcopy=False)[: settings.n_trials]
    types = _types(settings)
    first = _values_of_configured(configured, settings)
    rows = [_row(trial) | (first if trial.number == 0 else {}) for trial in trials]
    return pd.DataFrame(rows, columns=list(types)).astype(types)


def empty_trials(settings: SearchSettings) -> pd.DataFrame:
    """The table of a search that was not made, as `tabulate_trials` has it."""
    types = _types(settings)
    return pd.DataFrame(columns=list(types)).astype(types)


def _types(settings: SearchSettings) -> dict[str, Any]:
    """The columns of the table."""
    types: dict[str, Any] = {
        "trial": "int64",
        "state": "str",
        "reason": "str",
        **MEASURED,
        "architecture": "str",
    }
    return types | {name: pd.array(ends).dtype for name, ends in _searched(settings).items()}


def _searched(settings: SearchSettings) -> dict[str, list[Value]]:
    """Each searched setting and the ends of its dimensions."""
    searched: dict[str, list[Value]] = {}
    for architecture, own in settings.architectures.items():
        for name, dimension in (settings.shared | own).items():
            ends = [checked_value(architecture, name, value) for value in dimension.ends]
            searched[name] = searched.get(name, []) + ends
    return searched


def _values_of_configured(configured: RunSettings, settings: SearchSettings) -> dict[str, Value]:
    architecture = configured.sae.architecture
    names = settings.shared | settings.architectures.get(architecture, {})
    values = (
        configured.training.model_dump()
        | configured.objective.model_dump()
        | configured.sae.model_dump()
    )
    return {"architecture": architecture, **{name: values.get(name) for name in names}}


def _row(trial: FrozenTrial) -> dict[str, object]:
    return {
        "trial": trial.number,
        "state": STATES[trial.state.name],
        "reason": "",
        **trial.user_attrs.get(RESULT, {}),
        **values_of(trial.params),
    }


def select_front(trials: pd.DataFrame) -> pd.DataFrame:
    """The complete trials that no other is better than in L0, FVU and, where measured, concept F1.

    Args:
        trials: As `tabulate_trials` makes it.

    Returns:
        Their rows, sparsest first.
    """
    complete = trials[trials["state"] == "complete"]
    costs = complete[["l0", "fvu", "concept_f1"]].to_numpy(dtype=np.float64, na_value=0.0)
    costs *= (1, 1, -1)
    no_worse = (costs[:, None] <= costs).all(-1)
    better = (costs[:, None] < costs).any(-1)
    is_beaten = np.any(no_worse & better, axis=0)
    front = complete[~is_beaten]
    return front.sort_values(["l0", "trial"])
