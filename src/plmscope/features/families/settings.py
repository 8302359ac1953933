"""How features are put into families."""

from pydantic import Field, NonNegativeInt

from plmscope.parameters import Parameters

DECODER, COACTIVATION = "decoder", "coactivation"
KINDS = (DECODER, COACTIVATION)
NO_FAMILY = -1


class FamilySettings(Parameters):
    """The map of the decoder directions, its families, and the modules of co-activation."""

    n_neighbours: int = Field(default=15, ge=2)
    """Neighbours of each feature on the map (Simon & Zou 2025: 15), and nearest decoder directions
    that the tables name."""

    min_distance: float = Field(default=0.1, ge=0, lt=1)
    """How close points of the map may lie (Simon & Zou 2025: 0.1)."""

    min_size: int = Field(default=5, ge=2)
    """Features that a family has at least (Simon & Zou 2025: 5)."""

    min_samples: int = Field(default=3, ge=1)
    """How many neighbours make a place dense, of HDBSCAN (Simon & Zou 2025: 3)."""

    min_coactivation: float = Field(default=0.2, ge=0, lt=1)
    """Features less often on together than this (cosine) are not joined into a module."""

    seed: NonNegativeInt = 0
    """Of the map and of the modules."""
