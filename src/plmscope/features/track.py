"""Drawings of one feature's activation along one protein, as SVG and HTML without scripts.

Colour and height use the fixed scale 0 to 1 everywhere. A whole protein is drawn with one path
per colour level, whatever its length.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby

import pandas as pd

from plmscope.features.colours import (
    ACTIVATION_COLOURS,
    ANNOTATION_COLOURS,
    N_LEVELS,
    level_of,
)
from plmscope.features.svg import FAINT_INK, INK, RULE, svg, svg_text

WINDOW = 61
"""Residues drawn around a peak."""

_GUTTER = 150
_MARGIN = 12
_LANE = 17
_MONO = "font-family='ui-monospace, Menlo, Consolas, monospace'"


@dataclass(frozen=True)
class Lane:
    """The annotated spans of one concept in one protein.

    Attributes:
        concept: The concept's name.
        spans: (start, end) of each, 1-based and inclusive.
    """

    concept: str
    spans: tuple[tuple[int, int], ...]


def make_lanes(annotations: pd.DataFrame, concepts: Sequence[str]) -> tuple[Lane, ...]:
    """The lanes of one protein.

    Args:
        annotations: The annotations of this protein: `concept`, `start`, `end`.
        concepts: The concepts to draw, in order; each has a lane even where the protein has no
            span of it, so that a missing annotation is seen.
    """
    return tuple(
        Lane(
            concept,
            tuple(
                annotations.loc[annotations["concept"] == concept, ["start", "end"]].itertuples(
                    index=False, name=None
                )
            ),
        )
        for concept in concepts[: len(ANNOTATION_COLOURS)]
    )


@dataclass(frozen=True)
class Track:
    """One feature's activation along one protein, with the annotations to hold it against.

    Attributes:
        sequence: The protein.
        activation: Activation by 1-based position; positions left out are 0.
        lanes: Annotated concepts, at most as many as there are `ANNOTATION_COLOURS`.
    """

    sequence: str
    activation: dict[int, float]
    lanes: tuple[Lane, ...] = ()

    @property
    def peak_position(self) -> int:
        """The 1-based position of the highest activation."""
        return max(self.activation, key=lambda position: self.activation[position])


def protein_svg(track: Track, width: int = 960, height: int = 74) -> str:
    """The whole protein: bars of activation above a ruler, annotated spans below.

    Args:
        track: What to draw.
        width: Of the drawing, in pixels.
        height: Of the bars, in pixels.
    """
    step = (width - _GUTTER - _MARGIN) / len(track.sequence)
    body = [
        *_scale(height, width),
        *_bars(track.activation, height, first=1, step=step),
        *_ruler(1, len(track.sequence), height, step),
        *_lanes(track.lanes, height + 22, 1, len(track.sequence), step),
    ]
    return svg(body, width, height + 26 + _LANE * len(track.lanes))


def window_svg(track: Track, width: int = 960, height: int = 58) -> str:
    """The residues around the peak, with their letters; annotated spans below.

    Args:
        track: What to draw.
        width: Of the drawing, in pixels.
        height: Of the bars, in pixels.
    """
    first, last = _window(track)
    step = (width - _GUTTER - _MARGIN) / (last - first + 1)
    inside = {p: value for p, value in track.activation.items() if first <= p <= last}
    body = [
        *_scale(height, width),
        *_bars(inside, height, first, step),
        *_letters(track, first, last, height, step),
        *_ruler(first, last, height + 16, step),
        *_lanes(track.lanes, height + 38, first, last, step),
    ]
    return svg(body, width, height + 42 + _LANE * len(track.lanes))


def sequence_html(track: Track, per_line: int = 100) -> str:
    """The whole sequence in lines, active residues coloured, the first lane's spans underlined."""
    annotated = {
        position
        for lane in track.lanes[:1]
        for start, end in lane.spans
        for position in range(start, end + 1)
    }
    lines = []
    for start in range(0, len(track.sequence), per_line):
        positions = range(start + 1, min(start + per_line, len(track.sequence)) + 1)
        lines.append(
            f"<span class='position'>{start + 1}</span>"
            + "".join(_marked_residues(track, positions, annotated))
        )
    return "<pre class='sequence'>" + "\n".join(lines) + "</pre>"


def colour_key_svg(width: int = 190) -> str:
    """The colour scale of activations."""
    step = (width - 60) / N_LEVELS
    boxes = [
        f"<rect x='{30 + i * step:.1f}' y='3' width='{step + 0.5:.1f}' height='10'"
        f" fill='{colour}'/>"
        for i, colour in enumerate(ACTIVATION_COLOURS)
    ]
    ends = [svg_text(25, 12, "0", "end"), svg_text(width - 25, 12, "1", "start")]
    return svg([*boxes, *ends], width, 16)


def _window(track: Track) -> tuple[int, int]:
    """The first and last position of the window around the peak."""
    size = min(WINDOW, len(track.sequence))
    first = min(max(track.peak_position - size // 2, 1), len(track.sequence) - size + 1)
    return first, first + size - 1


def _marked_residues(track: Track, positions: range, annotated: set[int]) -> Iterator[str]:
    """Runs of residues that look the same share one element; plain ones need none."""

    def look(position: int) -> tuple[int | None, bool]:
        activation = track.activation.get(position)
        return None if activation is None else level_of(activation), position in annotated

    for (level, is_annotated), run in groupby(positions, key=look):
        letters = "".join(track.sequence[position - 1] for position in run)
        style = ""
        if level is not None:
            style = f"background:{ACTIVATION_COLOURS[level]};color:{_ink_on(level)};"
        if is_annotated:
            style += f"border-bottom:2px solid {ANNOTATION_COLOURS[0]};"
        yield f"<span style='{style}'>{letters}</span>" if style else letters


def _bars(activation: dict[int, float], height: int, first: int, step: float) -> Iterator[str]:
    """One path per colour level."""
    paths: dict[int, list[str]] = {}
    bar = max(step, 1.0)
    for position, value in sorted(activation.items()):
        x = _GUTTER + (position - first) * step
        tall = min(value, 1.0) * (height - 6)
        path = f"M{x:.1f} {height}v{-tall:.1f}h{bar:.1f}v{tall:.1f}z"
        paths.setdefault(level_of(value), []).append(path)
    for level, of_level in sorted(paths.items()):
        yield f"<path class='bars' d='{''.join(of_level)}' fill='{ACTIVATION_COLOURS[level]}'/>"


def _letters(track: Track, first: int, last: int, height: int, step: float) -> Iterator[str]:
    size = min(13.0, step * 1.1)
    for position in range(first, last + 1):
        residue, value = track.sequence[position - 1], track.activation.get(position, 0.0)
        x = _GUTTER + (position - first + 0.5) * step
        weight, ink = ("700", INK) if value else ("400", FAINT_INK)
        yield (
            f"<g><title>{residue}{position}: {value:.2f}</title>"
            f"<rect x='{x - step / 2:.1f}' y='0' width='{step:.1f}' height='{height + 16}' "
            f"fill='transparent'/><text x='{x:.1f}' y='{height + 13}' {_MONO} "
            f"font-size='{size:.1f}' font-weight='{weight}' fill='{ink}' "
            f"text-anchor='middle'>{residue}</text></g>"
        )


def _scale(height: int, width: int) -> Iterator[str]:
    for value in (0.0, 0.5, 1.0):
        y = height - value * (height - 6)
        yield (
            f"<line x1='{_GUTTER}' x2='{width - _MARGIN}' y1='{y:.1f}' y2='{y:.1f}' "
            f"stroke='{RULE}'/>"
        )
        yield svg_text(_GUTTER - 6, y + 4, f"{value:g}", "end")
    yield svg_text(0, height / 2 + 6, "activation", "start")


def _ruler(first: int, last: int, y: float, step: float) -> Iterator[str]:
    wanted = (last - first + 1) / 10
    spacing = next((tick for tick in (5, 10, 20, 50, 100, 200, 500, 1000) if tick >= wanted), 5000)
    ticks = range(-(-first // spacing) * spacing, last + 1, spacing)
    for position in ticks:
        x = _GUTTER + (position - first + 0.5) * step
        yield f"<line x1='{x:.1f}' x2='{x:.1f}' y1='{y}' y2='{y + 4}' stroke='{FAINT_INK}'/>"
        yield svg_text(x, y + 15, str(position), "middle")
    yield svg_text(0, y + 15, "residue", "start")


def _lanes(
    lanes: tuple[Lane, ...], top: float, first: int, last: int, step: float
) -> Iterator[str]:
    for row, (lane, colour) in enumerate(zip(lanes, ANNOTATION_COLOURS, strict=False)):
        y = top + row * _LANE
        label = lane.concept if len(lane.concept) <= 24 else lane.concept[:23] + "…"
        yield f"<g><title>{escape(lane.concept)}</title>"
        yield svg_text(0, y + 10, label, "start", colour)
        yield (
            f"<rect x='{_GUTTER}' y='{y + 5}' width='{(last - first + 1) * step:.1f}' height='2' "
            f"fill='{RULE}'/>"
        )
        for start, end in lane.spans:
            left, right = max(start, first), min(end, last)
            if left <= right:
                yield (
                    f"<rect x='{_GUTTER + (left - first) * step:.1f}' y='{y}' "
                    f"width='{max((right - left + 1) * step, 2):.1f}' height='12' rx='2' "
                    f"fill='{colour}'><title>{escape(lane.concept)} {start}–{end}</title></rect>"
                )
        yield "</g>"


def _ink_on(level: int) -> str:
    return "#ffffff" if level >= N_LEVELS * 0.6 else INK
