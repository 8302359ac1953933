"""What the settings of all objectives have in common."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from plmscope.errors import did_you_mean
from plmscope.parameters import Parameters
from plmscope.training.step.objectives.registry import OBJECTIVES, objective_class
from plmscope.training.step.schedules import Steps
from plmscope.training.step.settings import StepSettings


class ObjectiveSettings(Parameters):
    """What only one family of architectures can be told about its training.

    Each objective has a subclass beside it, and the values that a preset gives to it.
    """

    presets: ClassVar[dict[str, dict[str, Any]]] = {}

    def check(self, step: StepSettings) -> None:
        """Refuse what does not go together with the settings that all architectures have.

        Raises:
            ValueError: Naming the settings.
        """

    def shortened(self, fraction: float) -> Self:
        """The same for a run of a fraction of the steps; fractions of the run stay as they are."""
        fixed = {
            name: Steps(steps=max(1, round(value.steps * fraction)))
            for name, value in self
            if isinstance(value, Steps)
        }
        return self.model_copy(update=fixed)


def objective_settings(architecture: str, step: StepSettings) -> ObjectiveSettings:
    """The settings of an architecture's objective: as given, over the preset, over the defaults.

    Args:
        architecture: One that can be trained.
        step: `objective` is what was given.

    Raises:
        ValueError: A setting that this architecture has not, or a value that it cannot take.
    """
    settings = objective_class(architecture).Settings
    for name in step.objective:
        if name not in settings.model_fields:
            raise ValueError(f"training.objective.{name}: {_unknown(name, architecture)}")
    given = settings.presets.get(step.preset or "", {}) | step.objective
    return settings.model_validate(given)


def _unknown(name: str, architecture: str) -> str:
    """Whose setting it is, or which one is near."""
    known = objective_class(architecture).Settings.model_fields
    owners = [other for other in OBJECTIVES if name in objective_class(other).Settings.model_fields]
    has = f"{architecture} has {', '.join(known)}"
    if owners:
        return f"only {' and '.join(owners)} can have it; {has}"
    return f"there is no such setting. {did_you_mean(name, known)}{has}"
