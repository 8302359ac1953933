"""Sequences as text, coloured by activation: a whole one, or several around their peaks."""

from collections.abc import Iterator, Mapping
from html import escape
from itertools import groupby

from plmscope.features.drawing.colours import (
    ACTIVATION_COLOURS,
    ANNOTATION_COLOURS,
    N_LEVELS,
    level_of,
)
from plmscope.features.drawing.svg import INK
from plmscope.features.drawing.track import Track

AROUND_PEAK = 30
"""Residues shown on either side of a peak."""
_TICK = 10


def sequence_html(track: Track, per_line: int = 100) -> str:
    """The sequence in numbered lines, active residues coloured, the first lane's spans underlined.

    Args:
        track: What to show.
        per_line: Residues per line.
    """
    lines = []
    for start in range(0, len(track.sequence), per_line):
        positions = range(start + 1, min(start + per_line, len(track.sequence)) + 1)
        residues = "".join(_marked_residues(track, positions))
        lines.append(f"<span class='position'>{start + 1}</span>{residues}")
    return "<pre class='sequence'>" + "\n".join(lines) + "</pre>"


def aligned_html(tracks: Mapping[str, Track]) -> str:
    """The residues around each protein's peak, a protein a line, the peaks below each other.

    Args:
        tracks: Of one feature, by what stands before the line.
    """
    widest = max(map(len, tracks), default=0)
    ruler = "".join(f"{tick:<+{_TICK}d}" for tick in range(-AROUND_PEAK, AROUND_PEAK, _TICK))
    lines = [" " * (widest + 2) + ruler.replace("+0", "0 ") + f"{AROUND_PEAK:+d}"]
    for name, track in tracks.items():
        first = track.peak_position - AROUND_PEAK
        last = min(track.peak_position + AROUND_PEAK, len(track.sequence))
        before = " " * max(1 - first, 0)
        residues = "".join(_marked_residues(track, range(max(first, 1), last + 1)))
        lines.append(f"<b>{escape(name):<{widest}}</b>  {before}{residues}")
    return "<pre class='sequence'>" + "\n".join(lines) + "</pre>"


def _marked_residues(track: Track, positions: range) -> Iterator[str]:
    """Runs of residues that look the same share one element; plain ones need none."""
    annotated = {
        position
        for lane in track.lanes[:1]
        for start, end in lane.spans
        for position in range(max(start, positions.start), min(end + 1, positions.stop))
    }

    def look(position: int) -> tuple[int | None, bool]:
        activation = track.activation.get(position)
        return None if activation is None else level_of(activation), position in annotated

    for (level, is_annotated), run in groupby(positions, key=look):
        letters = escape("".join(track.sequence[position - 1] for position in run))
        style = ""
        if level is not None:
            ink = "#ffffff" if level >= N_LEVELS * 0.6 else INK
            style = f"background:{ACTIVATION_COLOURS[level]};color:{ink};"
        if is_annotated:
            style += f"border-bottom:2px solid {ANNOTATION_COLOURS[0]};"
        yield f"<span style='{style}'>{letters}</span>" if style else letters
