"""The settings of the steering experiments."""

import re
from typing import Any

from pydantic import Field, NonNegativeInt, PositiveInt, field_validator

from plmscope.parameters import Parameters


class RepeatSettings(Parameters):
    """The paper's experiment: glycine repeats GXXGXX…, steered at their first glycine."""

    n_sequences: int = Field(default=20, ge=2)
    """Random sequences of such repeats."""

    n_repeats: int = Field(default=6, ge=2)
    """Repeats of three residues in each; the first glycine is the one that is steered."""

    flank: int = Field(default=20, ge=0)
    """Random residues before and after the repeats."""

    doses: tuple[float, ...] = Field(default=(0.0, 0.5, 1.0, 1.5, 2.0), min_length=1)
    """What the features are clamped to, as fractions of their maxima."""

    n_features: int = Field(default=3, ge=1)
    """Features of each kind: the most periodic, the most devoted to glycine (Simon & Zou 2025:
    three)."""

    n_controls: int = Field(default=3, ge=1)
    """Random directions, and features drawn at random, whose change has the same length."""

    seed: NonNegativeInt = 0
    """Of the sequences and controls."""


_RANGE = re.compile(r"(\d+)(?:-(\d+))?")


class SteeringSettings(Parameters):
    """One feature clamped to several values in one sequence."""

    feature: NonNegativeInt | None = None
    """Its number, which has to be given."""

    positions: tuple[PositiveInt, ...] | None = None
    """1-based residues where it is clamped, or text with numbers and ranges ("5 9-12"). None: all
    residues."""

    doses: tuple[float, ...] = Field(default=(0.0, 0.5, 1.0, 1.5, 2.0), min_length=1)
    """What it is clamped to, as fractions of its maximum."""

    n_controls: int = Field(default=3, ge=1)
    """Random directions, and features drawn at random, whose change has the same length."""

    masked: bool = True
    """Whether each residue is masked when it is predicted, one forward pass each; otherwise all are
    predicted from the sequence as it is."""

    seed: NonNegativeInt = 0
    """Of the controls."""

    @field_validator("positions", mode="before")
    @classmethod
    def _read_ranges(cls, given: Any) -> Any:
        if isinstance(given, int) and not isinstance(given, bool):
            return (given,)
        if not isinstance(given, str):
            return given
        found = [_RANGE.fullmatch(word) for word in given.split()]
        if not all(found) or not found:
            raise ValueError(f"{given!r} has no positions: give numbers and ranges, such as 5 9-12")
        ends = [(int(match[1]), int(match[2] or match[1])) for match in found if match]
        return tuple(place for low, high in ends for place in range(low, high + 1))
