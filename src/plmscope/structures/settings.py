"""The settings of what is measured on structures."""

from pydantic import Field, NonNegativeInt

from plmscope.parameters import Parameters


class StructureSettings(Parameters):
    """Which structures are used, and how features are held against them."""

    alphafold: bool = False
    """Whether AlphaFold DB is asked for the proteins that have no file in the folder."""

    min_identity: float = Field(default=0.9, gt=0, le=1)
    """Fraction of a chain's aligned residues that are those of the protein."""

    min_residues: int = Field(default=20, ge=1)
    """A chain that places fewer residues of a protein is not used."""

    peak_above: float = Field(default=0.6, ge=0, lt=1)
    """A feature is looked at in proteins where it exceeds this fraction of its maximum (Simon & Zou
    2025: 0.6),"""

    min_proteins: int = Field(default=25, ge=2)
    """and tested if these are so many, one a homology cluster (Simon & Zou 2025: 25),"""

    max_proteins: int = Field(default=100, ge=2)
    """of which no more are taken (Simon & Zou 2025: 100)."""

    sequence_reach: int = Field(default=2, ge=1)
    """Residues on either side of the peak that are its neighbours in sequence."""

    contact_distance: float = Field(default=6.0, gt=0)
    """Residues whose Cα are at most so far apart (Å) are in contact."""

    chain_reach: int = Field(default=4, ge=0)
    """Residues this near in sequence are left out where contacts along the chain are not to
    count."""

    n_permutations: int = Field(default=5, ge=1)
    """Of a feature's activations in each protein (Simon & Zou 2025: 5)."""

    seed: NonNegativeInt = 0
    """Of the choice of proteins, and of permutations."""
