"""The settings of the probes."""

from pydantic import Field, NonNegativeInt

from plmscope.parameters import Parameters


class ProbeSettings(Parameters):
    """Logistic probes, and when SAE features are said to reach them."""

    strengths: tuple[float, ...] = Field(default=(0.001, 0.01, 0.1), min_length=1)
    """Inverse strengths of the L2 penalty (scikit-learn's C), of which valid chooses."""

    n_features: tuple[int, ...] = Field(default=(1, 2, 5, 20), min_length=1)
    """How many SAE features the other probes have: those that go along with the concept best on
    train."""

    max_positives: int = Field(default=20_000, ge=1)
    """Residues of train that carry a concept and that its probe is fitted to,"""

    n_background: int = Field(default=200_000, ge=1)
    """beside so many drawn from all of train, weighted so that the concept is as rare as it is."""

    max_iterations: int = Field(default=200, ge=1)
    """Of the fit (L-BFGS)."""

    reached: float = Field(default=0.9, gt=0, le=1)
    """Fraction of the ceiling's test F1 from which features are said to have the concept."""

    seed: NonNegativeInt = 0
    """Of the residues drawn."""
