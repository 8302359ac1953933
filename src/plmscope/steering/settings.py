"""The settings of the steering experiments."""

from pydantic import Field, NonNegativeInt

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
