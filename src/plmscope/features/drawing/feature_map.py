"""A drawing of all features at once, by how widely and how densely they fire."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from plmscope.features.drawing.colours import ANNOTATION_COLOURS, FAMILY_COLOURS
from plmscope.features.drawing.svg import FAINT_INK, INK, RULE, svg, svg_text

_LEFT, _RIGHT, _TOP, _BOTTOM = 66, 14, 12, 46
_UNNAMED, _NAMED = "#b8c2ca", ANNOTATION_COLOURS[0]


@dataclass(frozen=True)
class MapMeasure:
    """What the map shows upwards.

    Attributes:
        column: Of `feature_statistics`.
        title: Of the axis.
        is_fraction: A fraction is drawn on a logarithmic axis in percent, an activation from 0 to
            1.
    """

    column: str
    title: str
    is_fraction: bool


MAP_MEASURES = (
    MapMeasure("fraction_when_present", "fraction of a protein's residues, where present", True),
    MapMeasure("mean_when_active", "mean activation where active", False),
)


def feature_map_svg(
    statistics: pd.DataFrame,
    names: pd.Series,
    measure: MapMeasure = MAP_MEASURES[0],
    *,
    chosen: int | None = None,
    width: int = 960,
    height: int = 540,
) -> str:
    """Every living feature as a point; the named ones stand out, a ring marks the chosen one.

    Args:
        statistics: `feature_statistics`.
        names: Concept of each named feature, indexed by feature.
        measure: What is drawn upwards, over the fraction of proteins where a feature is active.
        chosen: The feature to mark.
        width: Of the drawing, in pixels.
        height: Of the drawing, in pixels.

    Returns:
        The SVG; each point carries its feature's number as `data-feature`.
    """
    alive = statistics[statistics["n_residues_active"] > 0]
    fractions = alive["fraction_of_proteins"].to_numpy()
    heights = alive[measure.column].to_numpy()
    across = _Axis.of_fractions(fractions)
    up = _Axis.of_fractions(heights) if measure.is_fraction else _Axis(0.0, 1.0, is_log=False)
    x = _LEFT + across.place(fractions) * (width - _LEFT - _RIGHT)
    y = height - _BOTTOM - up.place(heights) * (height - _TOP - _BOTTOM)
    concepts = alive["feature"].map(names).fillna("").to_numpy()
    body = [
        *_grid(across, up, measure, width, height),
        *_points(x, y, alive["feature"].to_numpy(), concepts, chosen),
    ]
    return svg(body, width, height, f"{len(alive)} features by how widely they fire")


def family_map_svg(
    features: pd.DataFrame,
    names: pd.Series,
    chosen: int | None = None,
    width: int = 960,
    height: int = 540,
) -> str:
    """Features where UMAP puts their decoder directions, in the colours of their families.

    Args:
        features: Those that fire: feature, x, y, family (negative where it is in none).
        names: Concept of each named feature, indexed by feature.
        chosen: The feature to mark.
        width: Of the drawing, in pixels.
        height: Of the drawing, in pixels.

    Returns:
        The SVG; each point carries its feature's number as `data-feature`.
    """
    alive = features[features["x"].notna()]
    x, y = (_spread(alive[axis].to_numpy(dtype=float)) for axis in ("x", "y"))
    concepts = alive["feature"].map(names).fillna("").to_numpy()
    points = _points(
        _TOP + x * (width - 2 * _TOP),
        height - _TOP - y * (height - 2 * _TOP),
        alive["feature"].to_numpy(),
        concepts,
        chosen,
        alive["family"].to_numpy(),
    )
    return svg(points, width, height, f"{len(alive)} features by decoder direction")


def space_map_svg(
    tests: pd.DataFrame,
    names: pd.Series,
    chosen: int | None = None,
    width: int = 960,
    height: int = 540,
) -> str:
    """Each feature's effect size in space (up) over that along the chain, peak and chain left out.

    Args:
        tests: `structure_tests`.
        names: Concept of each named feature, indexed by feature.
        chosen: The feature to mark.
        width: Of the drawing, in pixels.
        height: Of the drawing, in pixels.

    Returns:
        The SVG; each point carries its feature's number as `data-feature`.
    """
    wide = tests.pivot_table(index="feature", columns="test", values="effect_size")
    wide = wide.reindex(columns=["sequence_without_peak", "space_beyond_chain"]).dropna()
    values = wide.to_numpy(dtype=float)
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    share = (values - low) / ((high - low) or 1.0)
    right, bottom = width - _RIGHT, height - _BOTTOM
    x = _LEFT + share[:, 0] * (right - _LEFT)
    y = bottom - share[:, 1] * (bottom - _TOP)
    concepts = wide.index.to_series().map(names).fillna("").to_numpy()
    middle = (_TOP + bottom) / 2
    up = svg_text(12, middle, "effect size in space", "middle", FAINT_INK)
    body = [
        f"<line x1='{_LEFT}' x2='{right}' y1='{bottom}' y2='{_TOP}' stroke='{RULE}'/>",
        svg_text(_LEFT, bottom + 16, f"{low:.1f}", "middle"),
        svg_text(right, bottom + 16, f"{high:.1f}", "end"),
        svg_text((_LEFT + right) / 2, height - 8, "effect size along the chain", "middle"),
        f"<g transform='rotate(-90 12 {middle})'>{up}</g>",
        *_points(x, y, wide.index.to_numpy(), concepts, chosen),
    ]
    return svg(body, width, height, f"{len(wide)} features along the chain and in space")


def _spread(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Between 0 and 1."""
    low, high = (values.min(), values.max()) if len(values) else (0.0, 1.0)
    return (values - low) / ((high - low) or 1.0)


def _points(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    features: NDArray[np.int64],
    concepts: NDArray[np.object_],
    chosen: int | None,
    families: NDArray[np.int64] | None = None,
) -> Iterator[str]:
    """The points, the named ones on top, and the ring around the chosen one.

    Without families the named ones stand out by their colour, too.
    """
    if families is None:
        colours, said = np.where(concepts == "", _UNNAMED, _NAMED), list(concepts)
    else:
        palette = np.array([*FAMILY_COLOURS, _UNNAMED])
        colours = palette[np.where(families < 0, -1, families % len(FAMILY_COLOURS))]
        said = [
            f"{concept}, {place}" if concept else place
            for concept, place in zip(concepts, _in_words(families), strict=True)
        ]
    points = list(zip(x, y, features, concepts != "", colours, said, strict=True))
    for point in sorted(points, key=lambda point: bool(point[3])):
        yield _point(*point)
    for place_x, place_y, feature, *_ in points:
        if feature == chosen:
            yield (
                f"<circle class='chosen' cx='{place_x:.1f}' cy='{place_y:.1f}' r='8' fill='none'"
                f" stroke='{INK}' stroke-width='2' pointer-events='none'/>"
            )


def _in_words(families: NDArray[np.int64]) -> list[str]:
    return [f"family {family}" if family >= 0 else "in no family" for family in families]


@dataclass(frozen=True)
class _Axis:
    low: float
    high: float
    is_log: bool

    @classmethod
    def of_fractions(cls, fractions: NDArray[np.float64]) -> "_Axis":
        """From the decade of the smallest fraction to 100 %."""
        smallest = float(fractions.min()) if len(fractions) else 0.1
        return cls(10.0 ** math.floor(math.log10(smallest) - 1e-9), 1.0, is_log=True)

    def place(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where values lie between the ends of the axis, 0 to 1."""
        low, high, at = self.low, self.high, values
        if self.is_log:
            low, high, at = math.log10(low), math.log10(high), np.log10(values)
        return np.clip((at - low) / (high - low), 0, 1)

    def ticks(self) -> dict[str, float]:
        """Labels and where they belong, 0 to 1."""
        if not self.is_log:
            return {f"{tick:g}": tick for tick in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)}
        n_decades = round(math.log10(self.high / self.low))
        ticks = [10.0**-decade for decade in range(n_decades, -1, -1)]
        places = self.place(np.array(ticks))
        return {f"{tick * 100:g} %": float(p) for tick, p in zip(ticks, places, strict=True)}


def _grid(across: _Axis, up: _Axis, measure: MapMeasure, width: int, height: int) -> Iterator[str]:
    bottom, right = height - _BOTTOM, width - _RIGHT
    for label, place in across.ticks().items():
        x = _LEFT + place * (right - _LEFT)
        yield f"<line x1='{x:.1f}' x2='{x:.1f}' y1='{_TOP}' y2='{bottom}' stroke='{RULE}'/>"
        yield svg_text(x, bottom + 16, label, "end" if place == 1 else "middle")
    for label, place in up.ticks().items():
        y = bottom - place * (bottom - _TOP)
        yield f"<line x1='{_LEFT}' x2='{right}' y1='{y:.1f}' y2='{y:.1f}' stroke='{RULE}'/>"
        yield svg_text(_LEFT - 6, y + 4, label, "end")
    middle = (_TOP + bottom) / 2
    yield svg_text((_LEFT + right) / 2, height - 8, "fraction of proteins where active", "middle")
    turned = svg_text(12, middle, measure.title, "middle", FAINT_INK)
    yield f"<g transform='rotate(-90 12 {middle})'>{turned}</g>"


def _point(x: float, y: float, feature: int, is_named: bool, colour: str, said: str) -> str:
    return (
        f"<circle data-feature='{feature}' cx='{x:.1f}' cy='{y:.1f}' r='{3.5 if is_named else 2.5}'"
        f" fill='{colour}' fill-opacity='0.7'>"
        f"<title>f/{feature}{escape(f': {said}' if said else '')}</title>"
        "</circle>"
    )
