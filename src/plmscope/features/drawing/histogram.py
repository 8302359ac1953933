"""A drawing of how strongly one feature fires."""

import math
from collections.abc import Sequence

from plmscope.features.drawing.colours import ACTIVATION_COLOURS, level_of
from plmscope.features.drawing.svg import FAINT_INK, RULE, svg, svg_text

_LEFT, _BOTTOM, _TOP = 48, 34, 8


def histogram_svg(counts: Sequence[int], width: int = 330, height: int = 190) -> str:
    """Active residues in bins of activation over [0, 1], on a logarithmic axis.

    Args:
        counts: The feature's `histogram` in `feature_statistics`.
        width: Of the drawing, in pixels.
        height: Of the drawing, in pixels.
    """
    decades = max(1, math.ceil(math.log10(max(*counts, 1) + 1)))
    step, base = (width - _LEFT - 8) / len(counts), height - _BOTTOM
    unit = (base - _TOP) / (decades + math.log10(2))

    def tall(count: float) -> float:
        """Height of a count; a bin with one residue can still be seen."""
        return unit * math.log10(2 * count) if count else 0.0

    body = []
    for decade in range(decades + 1):
        y = base - tall(10**decade)
        body.append(
            f"<line x1='{_LEFT}' x2='{width - 8}' y1='{y:.1f}' y2='{y:.1f}' stroke='{RULE}'/>"
        )
        body.append(svg_text(_LEFT - 6, y + 4, f"{10**decade:,}", "end"))
    for number, count in enumerate(counts):
        low, high = number / len(counts), (number + 1) / len(counts)
        body.append(
            f"<rect x='{_LEFT + number * step:.1f}' y='{base - tall(count):.1f}' "
            f"width='{step - 1:.1f}' height='{tall(count):.1f}' "
            f"fill='{ACTIVATION_COLOURS[level_of(low)]}'>"
            f"<title>activation {low:.2f} to {high:.2f}: {count:,} residues</title></rect>"
        )
    body.append(
        f"<line x1='{_LEFT}' x2='{width - 8}' y1='{base}' y2='{base}' stroke='{FAINT_INK}'/>"
    )
    for tick in (0.0, 0.5, 1.0):
        body.append(svg_text(_LEFT + tick * step * len(counts), base + 14, f"{tick:g}", "middle"))
    body.append(svg_text(width / 2 + 20, height - 6, "activation (bars: residues)", "middle"))
    return svg(body, width, height, "Histogram of activations")
