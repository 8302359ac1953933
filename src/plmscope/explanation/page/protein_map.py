"""One protein with its calls and the features that stand out in it, as SVG on one axis."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

import pandas as pd

from plmscope.features.drawing.colours import ACTIVATION_COLOURS, ANNOTATION_COLOURS, level_of
from plmscope.features.drawing.svg import FAINT_INK, INK, RULE, svg, svg_text

_WIDTH, _GUTTER, _MARGIN = 960, 190, 12
_CALL, _FEATURE = 20, 30
_LONGEST_LABEL = 30
_TICKS = (5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000)


def protein_map_svg(
    length: int, calls: pd.DataFrame, features: pd.DataFrame, values: pd.DataFrame
) -> str:
    """Calls above, features below, a ruler between them.

    A call is the darker the more precise; bars are coloured by activation on the scale from 0 to 1
    that all drawings share.

    Args:
        length: Residues of the protein.
        calls: Its calls.
        features: The features that stand out in it, in the order to draw.
        values: position, feature, activation of these features.
    """
    body: list[str] = []
    top = 4
    for concept, of_concept in calls.groupby("concept", sort=False):
        body += _call_lane(str(concept), of_concept, length, top)
        top += _CALL
    body += _ruler(length, top + 4)
    top += 30
    for feature in features.to_dict("records"):
        of_feature = values[values["feature"] == feature["feature"]]
        body += _feature_lane(feature, of_feature, length, top)
        top += _FEATURE
    return svg(body, _WIDTH, top + 4, f"Calls and features along {length} residues")


def _step(length: int) -> float:
    return (_WIDTH - _GUTTER - _MARGIN) / length


def _label(text: str, y: float) -> str:
    short = text if len(text) <= _LONGEST_LABEL else text[: _LONGEST_LABEL - 1] + "…"
    return f"<g><title>{escape(text)}</title>{svg_text(0, y, short, 'start', INK)}</g>"


def _call_lane(concept: str, calls: pd.DataFrame, length: int, top: int) -> Iterator[str]:
    yield _label(concept, top + 12)
    yield _line(top + 7)
    for call in calls.to_dict("records"):
        x = _GUTTER + (call["start"] - 1) * _step(length)
        width = max((call["end"] - call["start"] + 1) * _step(length), 3)
        title = (
            f"{concept} {call['start']}–{call['end']}, precision {call['precision']:.2f}"
            f" (at least {call['precision_low']:.2f}), f/{call['feature']}, peak {call['peak']:.2f}"
        )
        yield (
            f"<rect x='{x:.1f}' y='{top}' width='{width:.1f}' height='14' rx='2'"
            f" fill='{ANNOTATION_COLOURS[0]}' fill-opacity='{0.25 + 0.75 * call['precision']:.2f}'>"
            f"<title>{escape(title)}</title></rect>"
        )


def _feature_lane(
    feature: dict[Any, Any], values: pd.DataFrame, length: int, top: int
) -> Iterator[str]:
    name = f"f/{feature['feature']} {feature['name']}".strip()
    yield _label(name, top + 17)
    base = top + 22
    paths: dict[int, list[str]] = {}
    width = max(_step(length), 1.0)
    for position, activation in zip(values["position"], values["activation"], strict=True):
        tall = min(float(activation), 1.0) * 20
        x = _GUTTER + (position - 1) * _step(length)
        bar = f"M{x:.1f} {base}v{-tall:.1f}h{width:.1f}v{tall:.1f}z"
        paths.setdefault(level_of(float(activation)), []).append(bar)
    title = f"{name}: peak {feature['peak']:.2f} at {feature['position']}"
    yield f"<g><title>{escape(title)}</title>"
    yield (
        f"<rect x='{_GUTTER}' y='{top}' width='{_WIDTH - _GUTTER - _MARGIN}' height='22'"
        " fill='transparent'/>"
    )
    for level, bars in sorted(paths.items()):
        yield f"<path d='{''.join(bars)}' fill='{ACTIVATION_COLOURS[level]}'/>"
    yield "</g>"
    yield _line(base)


def _line(y: float) -> str:
    return (
        f"<line x1='{_GUTTER}' x2='{_WIDTH - _MARGIN}' y1='{y:.1f}' y2='{y:.1f}' stroke='{RULE}'/>"
    )


def _ruler(length: int, y: int) -> Iterator[str]:
    spacing = next((tick for tick in _TICKS if tick >= length / 10), _TICKS[-1])
    yield svg_text(0, y + 15, "residue", "start")
    yield _line(y)
    for position in [1, *range(spacing, length + 1, spacing)]:
        x = _GUTTER + (position - 0.5) * _step(length)
        yield f"<line x1='{x:.1f}' x2='{x:.1f}' y1='{y}' y2='{y + 4}' stroke='{FAINT_INK}'/>"
        yield svg_text(x, y + 15, str(position), "middle")
