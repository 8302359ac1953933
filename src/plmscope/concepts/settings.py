"""The settings of concept analysis."""

from itertools import pairwise
from typing import Literal, Self

from pydantic import Field, NonNegativeInt, model_validator

from plmscope.parameters import Parameters


class CountingSettings(Parameters):
    """How features are compared with concepts.

    Args:
        thresholds: A feature is on where its value is strictly above the threshold. Values are
            scaled by the SAE, so that a threshold is a fraction of the feature's maximum.
        max_residues: Residues encoded at once.
    """

    thresholds: tuple[float, ...] = Field(default=(0.0, 0.15, 0.5, 0.6, 0.8), min_length=1)
    max_residues: int = Field(default=8192, ge=1)

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
    """How sure the scores are.

    Args:
        n_resamples: Bootstrap samples of the homology clusters.
        coverage: The fraction of intervals that should hold the truth.
        n_permutations: Rotations of the labels.
        seed: Of both draws.
    """

    n_resamples: int = Field(default=1000, ge=100)
    coverage: float = Field(default=0.95, gt=0, lt=1)
    n_permutations: int = Field(default=200, ge=1)
    seed: NonNegativeInt = 0


class ScoringSettings(Parameters):
    """How counts become scores.

    Args:
        protocol: "frozen": feature and threshold are chosen on valid and scored once on test.
            "interplm": for comparison with published tables, InterPLM's report, whose threshold
            is chosen again on test and whose concepts are chosen from valid and test together.
        min_instances: Under "interplm", a concept needs more annotated instances than this, or
        min_residues: more labelled residues than this (Simon & Zou 2025: 10 and 1,500).
    """

    protocol: Literal["frozen", "interplm"] = "frozen"
    min_instances: int = Field(default=10, ge=0)
    min_residues: int = Field(default=1500, ge=0)


class ControlSettings(Parameters):
    """The controls that an SAE is compared with.

    Args:
        window: Residues to either side whose amino acids the local-composition baseline sees.
        seed: Of what is shuffled.
    """

    window: int = Field(default=10, ge=1)
    seed: NonNegativeInt = 0


class SuggestionSettings(Parameters):
    """The search for annotations that may be missing, and its test.

    Args:
        hidden_fraction: Fraction of each concept's instances in test that the test of the search
            hides.
        min_precision: Only calls stated to be this precise count as found again.
        seed: Of what is hidden.
    """

    hidden_fraction: float = Field(default=0.2, gt=0, lt=1)
    min_precision: float = Field(default=0.5, ge=0, le=1)
    seed: NonNegativeInt = 0


class StatisticsCheckSettings(Parameters):
    """The check that p-values and intervals mean what they say.

    Args:
        n_shuffles: Shuffled labels on which nothing should be found.
        n_samples: Samples of clusters from a population whose scores are known.
        min_carriers: Only pairs whose concept is in at least as many clusters are sampled.
    """

    n_shuffles: int = Field(default=50, ge=1)
    n_samples: int = Field(default=200, ge=1)
    min_carriers: int = Field(default=5, ge=2)


class PlantingSettings(Parameters):
    """Motifs planted into real sequences, whose places are therefore known.

    Args:
        n_motifs: Different motifs.
        core_length: Residues that all variants of a motif share.
        tail_length: Residues that tell its variants apart.
        n_variants: Variants of each motif.
        planted_fraction: Fraction of the proteins that get a motif; each gets one at most.
        min_precision: A feature stands for a motif if it is this precise on valid and on test,
        min_recall: and hits this fraction of the motif's instances on both.
        seed: Of motifs and places.
    """

    n_motifs: int = Field(default=4, ge=1)
    core_length: int = Field(default=8, ge=1)
    tail_length: int = Field(default=4, ge=1)
    n_variants: int = Field(default=2, ge=1)
    planted_fraction: float = Field(default=0.6, gt=0, le=1)
    min_precision: float = Field(default=0.5, ge=0, le=1)
    min_recall: float = Field(default=0.1, ge=0, le=1)
    seed: NonNegativeInt = 0
