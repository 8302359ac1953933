"""A track's whole sequence as text."""

from collections.abc import Iterator
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


def sequence_html(track: Track, per_line: int = 100) -> str:
    """The sequence in numbered lines, active residues coloured, the first lane's spans underlined.

    Args:
        track: What to show.
        per_line: Residues per line.
    """
    annotated = {
        position
        for lane in track.lanes[:1]
        for start, end in lane.spans
        for position in range(start, end + 1)
    }
    lines = []
    for start in range(0, len(track.sequence), per_line):
        positions = range(start + 1, min(start + per_line, len(track.sequence)) + 1)
        residues = "".join(_marked_residues(track, positions, annotated))
        lines.append(f"<span class='position'>{start + 1}</span>{residues}")
    return "<pre class='sequence'>" + "\n".join(lines) + "</pre>"


def _marked_residues(track: Track, positions: range, annotated: set[int]) -> Iterator[str]:
    """Runs of residues that look the same share one element; plain ones need none."""

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
