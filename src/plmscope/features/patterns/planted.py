"""Features whose pattern is known, because it was planted; and how often the rules tell it.

Run as a program (`python -m plmscope.features.patterns.planted`) it prints the confusion table.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import torch
from jaxtyping import Int
from numpy.random import Generator

from plmscope.features.hits import BlockHits
from plmscope.features.patterns.classes import (
    C_TERMINUS,
    LONG,
    N_TERMINUS,
    NEVER_ON,
    PERIODIC,
    SHORT,
    SINGLE,
    TOO_FEW,
    WHOLE,
    classify_patterns,
)
from plmscope.features.patterns.settings import PatternSettings
from plmscope.features.patterns.stretches import StretchCounts

N_PROTEINS, SHORTEST, LONGEST = 60, 80, 600
N_OF_EACH = 20
Places = Int[np.ndarray, " n"]


def _site(rng: Generator, length: int, low: int, high: int) -> Places:
    size = int(rng.integers(low, high + 1))
    start = int(rng.integers(0, max(length - size, 1)))
    return np.arange(start, min(start + size, length))


def _periodic(rng: Generator, length: int, period: int) -> Places:
    width = int(rng.integers(1, 3))
    n = min(int(rng.integers(5, 12)), (length - width) // period)
    start = int(rng.integers(0, max(length - n * period, 1)))
    return (start + period * np.arange(n)[:, None] + np.arange(width)).ravel()


def _near_start(rng: Generator, length: int) -> Places:
    return _site(rng, min(length, 25), 1, 15)


PLANTS: dict[str, Callable[[Generator, int], Places]] = {
    WHOLE: lambda _, length: np.arange(length),
    N_TERMINUS: _near_start,
    C_TERMINUS: lambda rng, length: length - 1 - _near_start(rng, length),
    SINGLE: lambda rng, length: rng.integers(0, length, int(rng.integers(1, 4))),
    SHORT: lambda rng, length: _site(rng, length, 3, 15),
    LONG: lambda rng, length: _site(rng, length, 30, 70),
}


def plant_patterns(noise: float, seed: int) -> tuple[BlockHits, list[str]]:
    """Features on in half of some made-up proteins, and the pattern planted into each.

    Args:
        noise: The fraction of the planted residues that is lost; a tenth as many residues are on
            at random places.
        seed: Of everything.
    """
    rng = np.random.default_rng(seed)
    lengths = rng.integers(SHORTEST, LONGEST, N_PROTEINS)
    planted = [*np.repeat([*PLANTS, PERIODIC], N_OF_EACH), TOO_FEW, NEVER_ON]
    cells = []
    for feature, pattern in enumerate(planted):
        n = {TOO_FEW: 2, NEVER_ON: 0}.get(pattern, N_PROTEINS // 2)
        for protein in rng.permutation(N_PROTEINS)[:n]:
            length = int(lengths[protein])
            places = (
                _periodic(rng, length, 3 + 2 * (feature % N_OF_EACH))
                if pattern == PERIODIC
                else PLANTS.get(pattern, PLANTS[SHORT])(rng, length)
            )
            kept = places[rng.random(len(places)) >= noise]
            stray = rng.integers(0, length, rng.binomial(len(places), noise / 10))
            cells += [(protein, place, feature) for place in {*kept.tolist(), *stray.tolist()}]
    protein, place, feature = torch.tensor(sorted(cells)).T
    return (
        BlockHits(
            lengths=torch.from_numpy(lengths),
            protein=protein,
            position=place + 1,
            feature=feature,
            value=torch.from_numpy(rng.uniform(0.3, 1, len(place))).float(),
        ),
        planted,
    )


def confusion_table(noise: float = 0.05, seed: int = 0) -> pd.DataFrame:
    """How many features of each planted pattern (rows) the rules take for which (columns)."""
    hits, planted = plant_patterns(noise, seed)
    counts = StretchCounts(len(planted), on=0.15)
    rng = np.random.default_rng(seed)
    counts.add(hits, rng.integers(0, 20, int(hits.lengths.sum())))
    told = classify_patterns(counts.to_frame(), counts.background, PatternSettings())["pattern"]
    table = pd.crosstab(pd.Series(planted, name="planted"), told.rename("told"))
    return table.reindex(index=[*PLANTS, PERIODIC, TOO_FEW, NEVER_ON])


if __name__ == "__main__":
    for each in (0.0, 0.05, 0.2):
        print(f"{each:.0%} of the planted residues lost\n{confusion_table(each).to_string()}\n")  # noqa: T201
