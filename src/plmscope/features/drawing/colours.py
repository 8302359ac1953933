"""The colours of activations and annotations, the same in the report, dashboard and pictures."""

import numpy as np

_ACTIVATION_STOPS = ((253, 231, 190), (251, 180, 101), (238, 117, 58), (200, 54, 71), (117, 16, 82))
N_LEVELS = 10

ANNOTATION_COLOURS = ("#0072b2", "#009e73", "#56b4e9")
"""From Okabe and Ito's palette, which people with colour blindness can tell apart."""

FAMILY_COLOURS = (
    "#1f77b4", "#d95f02", "#1b9e77", "#c83647", "#7570b3", "#8a6d00",
    "#e7298a", "#5b8c2a", "#17a2b8", "#a6761d", "#56438c", "#0b7a75",
)  # fmt: skip
"""There are more families than colours: neighbours on a map are told apart, not all of them."""


def _ramp() -> tuple[str, ...]:
    stops = np.linspace(0, 1, len(_ACTIVATION_STOPS))
    channels = [
        np.interp(np.linspace(0, 1, N_LEVELS), stops, channel)
        for channel in zip(*_ACTIVATION_STOPS, strict=True)
    ]
    return tuple(
        f"#{int(r):02x}{int(g):02x}{int(b):02x}" for r, g, b in zip(*channels, strict=True)
    )


ACTIVATION_COLOURS = _ramp()
"""Light to dark over the fixed scale 0 to 1, so that any two proteins can be compared."""


def level_of(activation: float) -> int:
    """The index into `ACTIVATION_COLOURS` of an activation; above 1 counts as 1."""
    return min(int(activation * N_LEVELS), N_LEVELS - 1)


_KINDS = {
    "#b8860b": "GPST",  # small
    "#26323d": "AVILMFWY",  # hydrophobic
    "#0072b2": "KRH",  # positive
    "#c83647": "DE",  # negative
    "#009e73": "NQ",  # amide
    "#8a6d00": "C",
}
AMINO_ACID_COLOURS = {letter: colour for colour, letters in _KINDS.items() for letter in letters}
"""By chemistry, dark enough to be read on white."""
