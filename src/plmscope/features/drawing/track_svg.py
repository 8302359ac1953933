"""Drawings of a track as SVG without scripts.

Colour and height use the fixed scale 0 to 1 everywhere, so that any two proteins can be compared.
A protein's bars are one path per colour level, whatever its length.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from plmscope.features.drawing.colours import (
    ACTIVATION_COLOURS,
    ANNOTATION_COLOURS,
    N_LEVELS,
    level_of,
)
from plmscope.features.drawing.svg import FAINT_INK, INK, RULE, svg, svg_text
from plmscope.features.drawing.track import Track

WINDOW = 61
"""Residues drawn around a peak."""

_WIDTH, _GUTTER, _MARGIN = 960, 150, 12
_LANE = 17
_TICKS = (5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)


def protein_svg(track: Track) -> str:
    """The whole protein: bars of activation above a ruler, annotated spans below."""
    return svg(_protein(track), _WIDTH, _protein_height(track), _name(track, "whole"))


def window_svg(track: Track) -> str:
    """The residues around the peak, with their letters; annotated spans below."""
    return svg(_window(track), _WIDTH, _window_height(track), _name(track, "around the peak"))


def _name(track: Track, part: str) -> str:
    return f"Activation along {len(track.sequence)} residues, {part}; peak at {track.peak_position}"


def picture_svg(track: Track, title: str, subtitle: str) -> str:
    """A picture that stands alone: a title, the whole protein, the residues around the peak.

    Args:
        track: What to draw.
        title: Above the drawing, large.
        subtitle: Below the title.
    """
    top = 62
    height = top + _protein_height(track) + 10 + _window_height(track)
    middle = top + _protein_height(track) + 10
    body = [
        f"<rect width='{_WIDTH}' height='{height}' fill='#ffffff'/>",
        f"<text x='0' y='22' font-family='system-ui, sans-serif' font-size='18' "
        f"font-weight='600' fill='{INK}'>{escape(title)}</text>",
        f"<text x='0' y='43' font-family='system-ui, sans-serif' font-size='13' "
        f"fill='{FAINT_INK}'>{escape(subtitle)}</text>",
        f"<g transform='translate(0 {top})'>{''.join(_protein(track))}</g>",
        f"<g transform='translate(0 {middle})'>{''.join(_window(track))}</g>",
    ]
    return svg(body, _WIDTH, height, title)


def colour_key_svg(width: int = 190) -> str:
    """The colour scale of activations."""
    step = (width - 60) / N_LEVELS
    boxes = [
        f"<rect x='{30 + i * step:.1f}' y='3' width='{step + 0.5:.1f}' height='10'"
        f" fill='{colour}'/>"
        for i, colour in enumerate(ACTIVATION_COLOURS)
    ]
    ends = [svg_text(25, 12, "0", "end"), svg_text(width - 25, 12, "1", "start")]
    return svg([*boxes, *ends], width, 16, "Colours of activations from 0 to 1")


@dataclass(frozen=True)
class _Frame:
    """Where residues and activations lie in a drawing.

    Attributes:
        first: The residue at the left end.
        last: The residue at the right end.
        base: Height of activation 0, in pixels from the top.
    """

    first: int
    last: int
    base: int

    @property
    def step(self) -> float:
        """Width of one residue."""
        return (_WIDTH - _GUTTER - _MARGIN) / (self.last - self.first + 1)

    def x(self, position: float) -> float:
        """The left edge of a residue."""
        return _GUTTER + (position - self.first) * self.step

    def tall(self, activation: float) -> float:
        """Height of an activation; above 1 counts as 1."""
        return min(activation, 1.0) * (self.base - 6)


def _protein(track: Track) -> list[str]:
    frame = _Frame(1, len(track.sequence), base=74)
    return [
        *_scale(frame),
        *_bars(frame, track.activation),
        *_ruler(frame, frame.base),
        *_lanes(frame, track, frame.base + 22),
    ]


def _protein_height(track: Track) -> int:
    return 100 + _LANE * (len(track.lanes) + bool(track.remark))


def _window(track: Track) -> list[str]:
    size = min(WINDOW, len(track.sequence))
    first = min(max(track.peak_position - size // 2, 1), len(track.sequence) - size + 1)
    frame = _Frame(first, first + size - 1, base=58)
    return [
        *_scale(frame),
        *_bars(frame, track.activation),
        *_letters(frame, track),
        *_ruler(frame, frame.base + 16),
        *_lanes(frame, track, frame.base + 38),
    ]


def _window_height(track: Track) -> int:
    return 100 + _LANE * (len(track.lanes) + bool(track.remark))


def _scale(frame: _Frame) -> Iterator[str]:
    for value in (0.0, 0.5, 1.0):
        y = frame.base - frame.tall(value)
        yield (
            f"<line x1='{_GUTTER}' x2='{_WIDTH - _MARGIN}' y1='{y:.1f}' y2='{y:.1f}' "
            f"stroke='{RULE}'/>"
        )
        yield svg_text(_GUTTER - 6, y + 4, f"{value:g}", "end")
    yield svg_text(0, frame.base / 2 + 6, "activation", "start")


def _bars(frame: _Frame, activation: dict[int, float]) -> Iterator[str]:
    """One path per colour level."""
    paths: dict[int, list[str]] = {}
    width = max(frame.step, 1.0)
    for position, value in sorted(activation.items()):
        if frame.first <= position <= frame.last:
            tall = frame.tall(value)
            bar = f"M{frame.x(position):.1f} {frame.base}v{-tall:.1f}h{width:.1f}v{tall:.1f}z"
            paths.setdefault(level_of(value), []).append(bar)
    for level, bars in sorted(paths.items()):
        yield f"<path class='bars' d='{''.join(bars)}' fill='{ACTIVATION_COLOURS[level]}'/>"


def _letters(frame: _Frame, track: Track) -> Iterator[str]:
    size = min(13.0, frame.step * 1.1)
    for position in range(frame.first, frame.last + 1):
        residue = escape(track.sequence[position - 1])
        value = track.activation.get(position, 0.0)
        weight, ink = ("700", INK) if value else ("400", FAINT_INK)
        yield (
            f"<g><title>{residue}{position}: {value:.2f}</title>"
            f"<rect x='{frame.x(position):.1f}' y='0' width='{frame.step:.1f}' "
            f"height='{frame.base + 16}' fill='transparent'/>"
            f"<text x='{frame.x(position + 0.5):.1f}' y='{frame.base + 13}' "
            f"font-family='ui-monospace, Menlo, Consolas, monospace' font-size='{size:.1f}' "
            f"font-weight='{weight}' fill='{ink}' text-anchor='middle'>{residue}</text></g>"
        )


def _ruler(frame: _Frame, y: int) -> Iterator[str]:
    wanted = (frame.last - frame.first + 1) / 10
    spacing = next((tick for tick in _TICKS if tick >= wanted), _TICKS[-1])
    first_tick = -(-frame.first // spacing) * spacing
    for position in range(first_tick, frame.last + 1, spacing):
        x = frame.x(position + 0.5)
        yield f"<line x1='{x:.1f}' x2='{x:.1f}' y1='{y}' y2='{y + 4}' stroke='{FAINT_INK}'/>"
        yield svg_text(x, y + 15, str(position), "middle")
    yield svg_text(0, y + 15, "residue", "start")


def _lanes(frame: _Frame, track: Track, top: int) -> Iterator[str]:
    if track.remark:
        yield svg_text(_GUTTER, top + _LANE * len(track.lanes) + 10, track.remark, "start")
    for row, (lane, colour) in enumerate(zip(track.lanes, ANNOTATION_COLOURS, strict=False)):
        y = top + row * _LANE
        label = lane.concept if len(lane.concept) <= 23 else lane.concept[:22] + "…"
        yield f"<g><title>{escape(lane.concept)}</title>"
        yield svg_text(0, y + 10, label, "start", colour)
        yield (
            f"<rect x='{_GUTTER}' y='{y + 5}' width='{_WIDTH - _GUTTER - _MARGIN}' height='2' "
            f"fill='{RULE}'/>"
        )
        for start, end in lane.spans:
            left, right = max(start, frame.first), min(end, frame.last)
            if left <= right:
                yield (
                    f"<rect x='{frame.x(left):.1f}' y='{y}' height='12' rx='2' "
                    f"width='{max((right - left + 1) * frame.step, 2):.1f}' "
                    f"fill='{colour}'><title>{escape(lane.concept)} {start}–{end}</title></rect>"
                )
        yield "</g>"
