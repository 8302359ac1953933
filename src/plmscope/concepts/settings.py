"""The settings of concept analysis."""

from itertools import pairwise
from typing import Literal, Self

from pydantic import Field, NonNegativeInt, model_validator

from plmscope.executors.settings import ExecutorSettings
from plmscope.parameters import Parameters


class CountingSettings(Parameters):
    """How features are compared with concepts."""

    thresholds: tuple[float, ...] = Field(default=(0.0, 0.15, 0.5, 0.6, 0.8), min_length=1)
    """A feature is on where its value is strictly above the threshold. Values are scaled by the
    SAE, so that a threshold is a fraction of the feature's maximum."""

    max_residues: int = Field(default=8192, ge=1)
    """Residues encoded at once."""

    executor: ExecutorSettings = ExecutorSettings()
    """Where parts of the proteins are counted."""

    @model_validator(mode="after")
    def _thresholds_rise(self) -> Self:
        lowest, highest = self.thresholds[0], self.thresholds[-1]
        does_rise = all(low < high for low, high in pairwise(self.thresholds))
        if not (does_rise and lowest >= 0 and highest < 1):
            raise ValueError(
                f"thresholds must rise from 0 or more and stay below 1, not {self.thresholds}"
            )
        return self


class UncertaintySettings(Parameters):
    """How sure the scores are."""

    n_resamples: int = Field(default=1000, ge=100)
    """Bootstrap samples of the homology clusters."""

    coverage: float = Field(default=0.95, gt=0, lt=1)
    """The fraction of intervals that should hold the truth."""

    n_permutations: int = Field(default=200, ge=1)
    """Rotations of the labels."""

    seed: NonNegativeInt = 0
    """Of both draws."""


class ScoringSettings(Parameters):
    """How counts become scores."""

    protocol: Literal["frozen", "interplm"] = "frozen"
    """With "frozen", feature and threshold are chosen on valid and scored once on test; "interplm"
    is for comparison with published tables: InterPLM's report, whose threshold is chosen again on
    test and whose concepts are chosen from valid and test together."""

    min_instances: int = Field(default=10, ge=0)
    """Under "interplm", a concept needs more annotated instances than this (Simon & Zou 2025: 10),
    or more labelled residues than the next."""

    min_residues: int = Field(default=1500, ge=0)
    """Under "interplm", how many labelled residues are enough instead (Simon & Zou 2025: 1,500)."""


class ControlSettings(Parameters):
    """The controls that an SAE is compared with."""

    window: int = Field(default=10, ge=1)
    """Residues to either side whose amino acids the local-composition baseline sees."""

    seed: NonNegativeInt = 0
    """Of what is shuffled."""


class SuggestionSettings(Parameters):
    """The search for annotations that may be missing, and its test."""

    pooled: bool = False
    """Whether pooled concepts ("Domain: any") are suggested too."""

    explained: Literal["last", "left out"] = "last"
    """What becomes of regions where another annotation of the same category stands: a kinase domain
    under its family's name."""

    hidden_fraction: float = Field(default=0.2, gt=0, lt=1)
    """Fraction of each concept's instances in test that the test of the search hides."""

    min_precision: float = Field(default=0.5, ge=0, le=1)
    """Only calls stated to be this precise count as found again."""

    seed: NonNegativeInt = 0
    """Of what is hidden."""


class StatisticsCheckSettings(Parameters):
    """The check that p-values and intervals mean what they say."""

    n_shuffles: int = Field(default=50, ge=1)
    """Shuffled labels on which nothing should be found."""

    n_samples: int = Field(default=200, ge=1)
    """Samples of clusters from a population whose scores are known."""

    min_carriers: int = Field(default=5, ge=2)
    """Only pairs whose concept is in at least as many clusters are sampled."""


class PlantingSettings(Parameters):
    """Motifs planted into real sequences, whose places are therefore known."""

    n_motifs: int = Field(default=4, ge=1)
    """Different motifs."""

    core_length: int = Field(default=8, ge=1)
    """Residues that all variants of a motif share."""

    tail_length: int = Field(default=4, ge=1)
    """Residues that tell its variants apart."""

    n_variants: int = Field(default=2, ge=1)
    """Variants of each motif."""

    planted_fraction: float = Field(default=0.6, gt=0, le=1)
    """Fraction of the proteins that get a motif; each gets one at most."""

    min_precision: float = Field(default=0.5, ge=0, le=1)
    """A feature stands for a motif if it is this precise on valid and on test,"""

    min_recall: float = Field(default=0.1, ge=0, le=1)
    """and hits this fraction of the motif's instances on both."""

    seed: NonNegativeInt = 0
    """Of motifs and places."""
