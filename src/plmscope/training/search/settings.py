"""What a user can set about the search."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt, TypeAdapter, model_validator

from plmscope.parameters import Parameters
from plmscope.saes.registry import sae_class
from plmscope.training.settings import TrainingSettings
from plmscope.training.step.objectives.registry import objective_class
from plmscope.training.step.settings import StepSettings

Value = bool | int | float | str | None
Objective = Literal["fvu_at_l0", "fvu", "l0", "concept_f1"]
SEARCHED_ALONE: tuple[Objective, ...] = ("fvu_at_l0", "concept_f1")
SEARCHED_TOGETHER: tuple[Objective, ...] = ("l0", "fvu", "concept_f1")

SEARCHABLE_IN_TRAINING = {"batch_size", *StepSettings.model_fields} - {
    "preset",
    "n_steps",
    "objective",
}
FIXED_IN_SAE = {"architecture", "d_model"}


class Choice(Parameters):
    """One of a few values."""

    choices: tuple[Value, ...] = Field(min_length=1)
    """The values."""

    @property
    def ends(self) -> tuple[Value, ...]:
        """Values that must be possible for all to be."""
        return self.choices


class Range(Parameters):
    """A value between two bounds, both included."""

    low: int | float
    """Lower bound."""

    high: int | float
    """Upper bound."""

    log: bool = False
    """Whether to search on a logarithmic scale."""

    @property
    def ends(self) -> tuple[Value, ...]:
        """Values that must be possible for all to be."""
        return self.low, self.high

    @model_validator(mode="after")
    def _bounds_are_in_order(self) -> Range:
        if self.low >= self.high:
            raise ValueError(f"low ({self.low}) must be less than high ({self.high})")
        if self.log and self.low <= 0:
            raise ValueError(f"a log range begins above 0, not at {self.low}")
        return self


Dimension = Choice | Range


class BestWithinL0(Parameters):
    """Of the trials with at most so many features for each residue, take the best one."""

    rule: Literal["best_within_l0"] = "best_within_l0"
    """`best_within_l0`."""

    max_l0: PositiveFloat = 64.0
    """Largest L0 allowed."""

    by: Literal["fvu", "concept_f1"] = "fvu"
    """What is best: the lowest FVU or the highest concept F1."""


class Knee(Parameters):
    """Take the knee of the L0-FVU front: the trial farthest below the line between its ends.

    L0 counts on a logarithmic scale.
    """

    rule: Literal["knee"] = "knee"
    """`knee`."""


ChoiceRule = Annotated[BestWithinL0 | Knee, Field(discriminator="rule")]


class SearchSettings(Parameters):
    """The `search` parameters."""

    n_trials: NonNegativeInt
    """Settings to try, the configured ones first. 0: take the configured settings."""

    group_size: PositiveInt = 4
    """Trials that are drawn together and train on one reading of the store."""

    residues_per_trial: PositiveInt
    """Residues that a trial trains on; its steps are this divided by its batch size, rounded down.
    """

    valid_residues: PositiveInt = 20_000
    """Residues of the valid split, in whole proteins, that L0 and FVU are measured on."""

    objectives: tuple[Objective, ...] = ("fvu_at_l0",)
    """One of `fvu_at_l0` and `concept_f1`, or several of `l0`, `fvu` and `concept_f1` for a Pareto
    search. `fvu_at_l0` is `FVU + max(0, L0 / target_l0 - 1)`; `concept_f1` the mean over concepts
    of the best feature's F1."""

    target_l0: PositiveFloat = 32.0
    """For `fvu_at_l0`."""

    halving_factor: Annotated[int, Field(ge=2)] | None = 2
    """Successive halving: after 1 / factor^2 and 1 / factor of its residues a trial goes on if it
    is in the best 1 / factor of all trials that came so far. None: every trial is trained to its
    end, as always in a Pareto search."""

    seed: NonNegativeInt = 0
    """Decides which settings are tried and which valid proteins are measured on."""

    shared: dict[str, Dimension] = Field(default_factory=dict)
    """Dimensions that every architecture has, by the name of the setting."""

    architectures: dict[str, dict[str, Dimension]] = Field(min_length=1)
    """The architectures to try, each with dimensions of its own."""

    choice: ChoiceRule = BestWithinL0()
    """The rule that picks the final settings."""

    @property
    def needs_concepts(self) -> bool:
        """Whether trials are compared with concepts."""
        return "concept_f1" in self.objectives

    @model_validator(mode="after")
    def _objectives_go_together(self) -> SearchSettings:
        allowed = SEARCHED_ALONE if len(self.objectives) == 1 else SEARCHED_TOGETHER
        if not self.objectives or not set(self.objectives) <= set(allowed):
            raise ValueError(
                f"objectives {list(self.objectives)}: give one of {list(SEARCHED_ALONE)}, "
                f"or several of {list(SEARCHED_TOGETHER)}"
            )
        if len(set(self.objectives)) < len(self.objectives):
            raise ValueError(f"objectives {list(self.objectives)}: one is there twice")
        if getattr(self.choice, "by", None) == "concept_f1" and not self.needs_concepts:
            raise ValueError("choice.by: concept_f1 needs concept_f1 among the objectives")
        return self

    @model_validator(mode="after")
    def _dimensions_are_possible(self) -> SearchSettings:
        for architecture, own in self.architectures.items():
            twice = sorted(own.keys() & self.shared.keys())
            if twice:
                raise ValueError(f"{twice[0]} is in both shared and architectures.{architecture}")
            for where, dimensions in (
                ("shared", self.shared),
                (f"architectures.{architecture}", own),
            ):
                for name, dimension in dimensions.items():
                    for value in dimension.ends:
                        try:
                            checked_value(architecture, name, value)
                        except ValueError as error:
                            raise ValueError(f"{where}.{name}: {error}") from None
        return self


def checked_value(architecture: str, name: str, value: Any) -> Any:
    """A value as its setting wants it, `1` as `1.0` where the setting is a float.

    Args:
        architecture: SAE architecture.
        name: A setting of that architecture, of its objective or of training.
        value: As YAML has it.

    Raises:
        ValueError: If there is no such setting to search, or the value is not possible for it.
    """
    sae_fields = sae_class(architecture).Config.model_fields
    own_fields = objective_class(architecture).Settings.model_fields
    if name in sae_fields.keys() - FIXED_IN_SAE:
        field = sae_fields[name]
    elif name in SEARCHABLE_IN_TRAINING:
        field = TrainingSettings.model_fields[name]
    elif name in own_fields:
        field = own_fields[name]
    else:
        known = sorted(
            (sae_fields.keys() - FIXED_IN_SAE) | SEARCHABLE_IN_TRAINING | own_fields.keys()
        )
        raise ValueError(f"{architecture} has no such setting to search; known: {known}")
    return TypeAdapter(field.rebuild_annotation()).validate_python(value)
