"""The settings of feature reporting."""

from itertools import pairwise
from typing import Self

from pydantic import Field, NonNegativeInt, model_validator

from plmscope.executors.settings import ExecutorSettings
from plmscope.parameters import Parameters

N_HISTOGRAM_BINS = 25
"""Bins of a feature's activation histogram over [0, 1]; activations above 1 count in the last."""

N_PEAK_BINS = 100
"""Bins of the peaks of a feature in the proteins where it fires, over [0, 1]; peaks above 1 count
in the last."""


class ReportingSettings(Parameters):
    """How many example proteins are kept for each feature, and how the pass over the store runs."""

    n_top: int = Field(10, ge=1)
    """Proteins kept per feature for their highest peak."""

    n_per_range: int = Field(4, ge=0)
    """Proteins kept per feature and activation range, drawn at random."""

    range_edges: tuple[float, ...] = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    """Edges of the activation ranges; (0, 0.2, …) means (0, 0.2], (0.2, 0.4], …. Activations are
    scaled by the SAE to about [0, 1]; a peak above the last edge belongs to the last range."""

    seed: NonNegativeInt = 0
    """Seed of the draw of the range examples."""

    on_above: float = Field(0.15, ge=0, lt=1)
    """For patterns, motifs and co-activation a feature is on above this fraction of its maximum."""

    n_windows: int = Field(50, ge=1)
    """Peaks kept per feature for its motif, one a homology cluster of train."""

    max_residues: int = Field(8192, ge=1)
    """Residues encoded at once."""

    executor: ExecutorSettings = ExecutorSettings()
    """Where parts of the proteins are surveyed, traced and profiled."""

    @model_validator(mode="after")
    def _edges_rise(self) -> Self:
        edges = self.range_edges
        does_rise = all(low < high for low, high in pairwise(edges))
        if len(edges) < 2 or not does_rise or edges[0] < 0:
            raise ValueError(
                f"range_edges must rise from 0 or more and hold at least two values, not {edges}"
            )
        return self
