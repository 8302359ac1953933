"""Sequence logos, drawn by logomaker (Tareen & Kinney 2020) as SVG."""

from __future__ import annotations

import io
import re

import numpy as np
from jaxtyping import Float

from plmscope.concepts.amino_acids import AMINO_ACIDS
from plmscope.features.drawing.colours import AMINO_ACID_COLOURS

_SMALLEST = 0.04
"""Bits below which a letter could not be read."""
_WIDTH_OF_COLUMN, _HEIGHT = 0.26, 1.35
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
    from logomaker.src.Glyph import Glyph
    from matplotlib.figure import Figure

    n = len(heights)
    highest = max(1.0, float(heights.sum(axis=1).max(initial=0)) * 1.05)
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "plmscope", "font.size": 8}):
        figure = Figure(figsize=(_WIDTH_OF_COLUMN * n + 0.5, _HEIGHT))
        axes = figure.add_axes(
            (
                0.45 / figure.get_figwidth(),
                0.19,
                (figure.get_figwidth() - 0.5) / figure.get_figwidth(),
                0.78,
            )
        )
        axes.axvspan(peak - 0.5, peak + 0.5, color="#eef1f4", lw=0)
        for column, letters in enumerate(heights):
            floor = 0.0
            for number in np.argsort(letters, kind="stable"):
                if letters[number] < _SMALLEST:
                    continue
                letter, ceiling = AMINO_ACIDS[number], floor + float(letters[number])
                Glyph(
                    column,
                    letter,
                    floor=floor,
                    ceiling=ceiling,
                    ax=axes,
                    color=AMINO_ACID_COLOURS[letter],
                )
                floor = ceiling
        axes.set_xlim(-0.5, n - 0.5)
        axes.set_ylim(0, highest)
        axes.set_xticks(range(n), [str(column - peak) for column in range(n)], fontsize=7)
        axes.set_ylabel("bits")
        axes.spines[["top", "right"]].set_visible(False)
        written = io.StringIO()
        figure.savefig(written, format="svg", transparent=True, metadata={"Date": None})
    return _shorten(written.getvalue(), title)


def _shorten(svg: str, title: str) -> str:
    """Without the header of a file, with a name, and with no more digits than can be seen."""
    from html import escape

    body = _LONG_NUMBER.sub(r"\1", _SURROUNDINGS.sub("", svg)).strip()
    named = f'<svg role="img" aria-label="{escape(title)}" class="logo"'
    return re.sub(r"\n\s*", "\n", body.replace("<svg", named, 1))
