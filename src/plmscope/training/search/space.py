"""From the search space to the settings of one trial."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import optuna

from plmscope.parameters import Parameters
from plmscope.saes.registry import sae_class
from plmscope.training.search.settings import Dimension, Range, SearchSettings, Value, checked_value
from plmscope.training.settings import RunSettings, TrainingSettings
from plmscope.training.step.objectives.registry import objective_class


def suggest(trial: optuna.Trial, settings: SearchSettings) -> None:
    """Draw a trial's parameters: its architecture, shared dimensions, then the architecture's own.

    Trial 0 draws none: it is the configured settings, so that no choice is worse than those.

    Args:
        trial: The trial; keeps parameters that it already has.
        settings: The search space.
    """
    if trial.number == 0:
        return
    architecture = trial.suggest_categorical("architecture", list(settings.architectures))
    for name, dimension in settings.shared.items():
        _suggest_one(trial, name, dimension, architecture, name)
    for name, dimension in settings.architectures[architecture].items():
        _suggest_one(trial, f"{architecture}.{name}", dimension, architecture, name)


def _suggest_one(
    trial: optuna.Trial, parameter: str, dimension: Dimension, architecture: str, name: str
) -> None:
    ends = [checked_value(architecture, name, value) for value in dimension.ends]
    if not isinstance(dimension, Range):
        trial.suggest_categorical(parameter, ends)
    elif all(isinstance(end, int) for end in ends):
        trial.suggest_int(parameter, *ends, log=dimension.log)
    else:
        trial.suggest_float(parameter, *ends, log=dimension.log)


def values_of(parameters: Mapping[str, Value]) -> dict[str, Value]:
    """A trial's values by the names of the settings: `topk.k` is `k`."""
    return {name.rpartition(".")[2]: value for name, value in parameters.items()}


def apply_values(values: Mapping[str, Value], configured: RunSettings) -> RunSettings:
    """The configured settings with a trial's values in their place.

    Args:
        values: By setting; none gives the configured settings.
        configured: Gives all the rest; settings that only its own architecture has fall away
            where the trial's architecture is another.

    Raises:
        ValueError: If the values do not go together.
    """
    sae = {**configured.sae.model_dump(), **values}
    training = {**configured.training.model_dump(), **values}
    objective = {**configured.training.objective, **values}
    own = objective_class(sae["architecture"]).Settings
    return RunSettings.model_validate(
        {
            "sae": _known(sae, sae_class(sae["architecture"]).Config),
            "training": _known(training, TrainingSettings) | {"objective": _known(objective, own)},
        }
    )


def shorten(run: RunSettings, n_residues: int) -> RunSettings:
    """The same settings for a run over fewer residues; what counts steps keeps its fraction of it.

    Args:
        run: A full run.
        n_residues: Residues to train on.
    """
    full = run.training
    n_steps = max(1, n_residues // full.batch_size)
    objective = run.objective.shortened(n_steps / full.n_steps).model_dump()
    training = full.model_copy(update={"n_steps": n_steps, "objective": objective})
    return run.model_copy(update={"training": training})


def _known(values: Mapping[str, Any], model: type[Parameters]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name in model.model_fields}
