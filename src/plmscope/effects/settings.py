"""The settings of the measurement of effects."""

from pydantic import Field, NonNegativeInt

from plmscope.parameters import Parameters


class EffectSettings(Parameters):
    """How the effect of a feature on the PLM is measured."""

    n_proteins: int = Field(default=8, ge=2)
    """Proteins of test that carry the concept, one a homology cluster, drawn at random."""

    mask_fraction: float = Field(default=0.15, gt=0, le=1)
    """Fraction of the concept's residues in a protein that is masked and predicted, at least one
    (Devlin et al. 2019: 15 %)."""

    n_controls: int = Field(default=2, ge=1)
    """Features active at the same residues, with a contribution of similar length, that are ablated
    for comparison in each protein; beside them a random direction of that length."""

    seed: NonNegativeInt = 0
    """Of proteins, masks and random directions."""
