"""How much a prediction changes along a sequence, as SVG."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from plmscope.features.drawing.colours import ANNOTATION_COLOURS
from plmscope.features.drawing.svg import FAINT_INK, RULE, svg, svg_text

_WIDTH, _LEFT, _RIGHT, _BASE, _TALL = 960, 66, 12, 96, 84


def change_svg(sequence: str, change: Sequence[float], edited: Collection[int]) -> str:
    """Bars of the change of each residue; the edited ones are marked below.

    Args:
        sequence: One letter a residue.
        change: Bits, of each residue.
        edited: 1-based residues.
    """
    highest = max([*change, 1e-6])
    step = (_WIDTH - _LEFT - _RIGHT) / max(len(sequence), 1)
    width = max(step - 0.5, 0.8)
    body = []
    for share in (0.0, 0.5, 1.0):
        y = _BASE - share * _TALL
        body.append(
            f"<line x1='{_LEFT}' x2='{_WIDTH - _RIGHT}' y1='{y}' y2='{y}' stroke='{RULE}'/>"
        )
        body.append(svg_text(_LEFT - 6, y + 4, f"{share * highest:.2g}", "end"))
    body.append(svg_text(0, _BASE - _TALL / 2, "bits", "start"))
    for place, (letter, bits) in enumerate(zip(sequence, change, strict=True), start=1):
        x, tall = _LEFT + (place - 1) * step, max(bits, 0.0) / highest * _TALL
        body.append(
            f"<rect x='{x:.1f}' y='{_BASE - tall:.1f}' width='{width:.1f}' height='{tall:.1f}'"
            f" fill='{ANNOTATION_COLOURS[0]}'>"
            f"<title>{letter}{place}: {bits:.3f} bits</title></rect>"
        )
        if place in edited:
            body.append(
                f"<rect x='{x:.1f}' y='{_BASE + 3}' width='{width:.1f}' height='4'"
                f" fill='{FAINT_INK}'><title>edited: {letter}{place}</title></rect>"
            )
    body.append(svg_text(_LEFT, _BASE + 22, "1", "start"))
    body.append(svg_text(_WIDTH - _RIGHT, _BASE + 22, str(len(sequence)), "end"))
    return svg(body, _WIDTH, _BASE + 30, f"Change along {len(sequence)} residues, bits")
