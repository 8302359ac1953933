"""What a motif needs."""

from pydantic import Field, NonNegativeInt

from plmscope.parameters import Parameters


class MotifSettings(Parameters):
    """The rules by which a motif is read off the windows around a feature's peaks."""

    min_clusters: int = Field(default=10, ge=2)
    """Homology clusters of train in which a feature must be on for a motif to be learned."""

    min_bits: float = Field(default=3.0, ge=0)
    """A feature has a motif if its columns hold so many bits more than those of the same windows
    with their residues shuffled."""

    conserved: float = Field(default=0.8, gt=0, le=1)
    """A place of the pattern names the amino acids that so large a fraction of the windows has,"""

    max_alternatives: int = Field(default=4, ge=1)
    """if they are no more than this,"""

    matching: float = Field(default=0.6, gt=0, le=1)
    """and if the whole pattern still matches so large a fraction of the windows."""

    seed: NonNegativeInt = 0
    """Of the shuffled windows."""
