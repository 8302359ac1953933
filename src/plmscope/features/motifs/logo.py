"""Sequence logos, drawn by logomaker (Tareen & Kinney 2020) as SVG."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from functools import cache
from html import escape
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from plmscope.concepts.amino_acids import AMINO_ACIDS
from plmscope.features.drawing.colours import AMINO_ACID_COLOURS

if TYPE_CHECKING:
    from matplotlib.path import Path

_SMALLEST = 0.1
"""Bits below which a letter could not be read."""
_WIDTH_OF_COLUMN, _HEIGHT, _LEFT = 0.26, 1.35, 0.5
_TICKS = 5
_AT_PEAK = "#eef1f4"
_SURROUNDINGS = re.compile(r"<\?xml.*?\?>|<!DOCTYPE.*?>|<metadata>.*?</metadata>|<!--.*?-->", re.S)
_LONG_NUMBER = re.compile(r"(\d+\.\d)\d+")


def logo_svg(heights: Float[np.ndarray, "n_columns 20"], peak: int, title: str) -> str:
    """The letters of each column on each other, the commonest on top.

    Args:
        heights: Of each letter, in bits.
        peak: The column of the peaks, which is numbered 0.
        title: What the picture is called, for who cannot see it.

    Returns:
        The SVG, without outside references.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure
    from matplotlib.patches import PathPatch

    n = len(heights)
    highest = float(heights.sum(axis=1).max(initial=0))
    width = _WIDTH_OF_COLUMN * n + _LEFT
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "plmscope", "font.size": 8}):
        figure = Figure(figsize=(width, _HEIGHT))
        axes = figure.add_axes((_LEFT / width, 0.2, 1 - _LEFT / width - 0.01, 0.77))
        axes.axvspan(peak - 0.5, peak + 0.5, color=_AT_PEAK, lw=0)
        for colour, path in _paths(heights).items():
            axes.add_artist(PathPatch(path, facecolor=colour, linewidth=0))
        axes.set_xlim(-0.5, n - 0.5)
        axes.set_ylim(0, max(1.0, highest * 1.05))
        axes.set_yticks([0, 0.5, 1] if highest <= 1 else range(int(highest) + 1))
        ticks = [column for column in range(n) if (column - peak) % _TICKS == 0]
        axes.set_xticks(ticks, [str(column - peak) for column in ticks])
        axes.set_ylabel("bits")
        axes.spines[["top", "right"]].set_visible(False)
        written = io.StringIO()
        figure.savefig(written, format="svg", transparent=True, metadata={"Date": None})
    return _shorten(written.getvalue(), title)


def _paths(heights: Float[np.ndarray, "n_columns 20"]) -> dict[str, Path]:
    """The outlines of all letters of a colour as one: a letter a patch takes twice as long."""
    from matplotlib.path import Path
    from matplotlib.transforms import Affine2D

    of_colour: dict[str, list[Path]] = {}
    for column, number, floor, ceiling in _letters(heights):
        letter = AMINO_ACIDS[number]
        placed = Affine2D().scale(1, ceiling - floor).translate(column, floor)
        outline = placed.transform_path(_outline(letter))
        of_colour.setdefault(AMINO_ACID_COLOURS[letter], []).append(outline)
    return {colour: Path.make_compound_path(*paths) for colour, paths in of_colour.items()}


@cache
def _outline(letter: str) -> Path:
    """A letter as logomaker stretches it, of height 1 around column 0."""
    from logomaker.src.Glyph import Glyph
    from matplotlib.figure import Figure

    return Glyph(0, letter, floor=0, ceiling=1, ax=Figure().add_subplot()).patch.get_path()


def _letters(
    heights: Float[np.ndarray, "n_columns 20"],
) -> Iterator[tuple[int, int, float, float]]:
    """Column, amino acid, bottom and top of each letter that can be read, from the lowest up."""
    for column, letters in enumerate(heights):
        floor = 0.0
        for number in np.argsort(letters, kind="stable"):
            if letters[number] >= _SMALLEST:
                ceiling = floor + float(letters[number])
                yield column, int(number), floor, ceiling
                floor = ceiling


def _shorten(svg: str, title: str) -> str:
    """Without the header of a file, with a name, and with no more digits than can be seen."""
    body = _LONG_NUMBER.sub(r"\1", _SURROUNDINGS.sub("", svg)).strip()
    named = f'<svg role="img" aria-label="{escape(title)}" class="logo"'
    return re.sub(r"\n\s*", "\n", body.replace("<svg", named, 1))
