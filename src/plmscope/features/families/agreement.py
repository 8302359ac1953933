"""Whether neighbours share a concept: the map is measured, not only drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from jaxtyping import Float, Int
from scipy import stats

COVERAGE = 0.95
_N_RESAMPLES = 1000
Neighbours = Sequence[Int[np.ndarray, " n_near"]]


def measure_agreement(
    neighbours: Mapping[str, Neighbours], names: pd.Series[str], seed: int
) -> pd.DataFrame:
    """How often the neighbours of a named feature have its name.

    Args:
        neighbours: By what they are near in: the nearest features of each feature.
        names: The name of each feature, indexed by its number, "" without.
        seed: Of the bootstrap and of the shuffled names.

    Returns:
        `space`; `names` ("as found", or "shuffled" among the named features); `n_features`, the
        named ones with a named neighbour; `share`, of their named neighbours those with the same
        name, in the mean over features; `low` and `high`, its 95 % interval.
    """
    rng = np.random.default_rng(seed)
    given = names.to_numpy(dtype=object)
    shuffled = given.copy()
    is_named = given != ""
    shuffled[is_named] = rng.permutation(given[is_named])
    rows = []
    for space, near in neighbours.items():
        for kind, labels in (("as found", given), ("shuffled", shuffled)):
            shares = _shares(near, labels)
            low, high = _interval(shares, rng)
            rows.append(
                {
                    "space": space,
                    "names": kind,
                    "n_features": len(shares),
                    "share": float(shares.mean()) if len(shares) else 0.0,
                    "low": low,
                    "high": high,
                }
            )
    return pd.DataFrame(rows)


def _shares(near: Neighbours, names: np.ndarray) -> Float[np.ndarray, " n_features"]:
    shares = []
    for feature in np.flatnonzero(names != "").tolist():
        others = names[near[feature]]
        others = others[others != ""]
        if len(others):
            shares.append(float((others == names[feature]).mean()))
    return np.array(shares)


def _interval(shares: Float[np.ndarray, " n"], rng: np.random.Generator) -> tuple[float, float]:
    if len(shares) < 2 or np.ptp(shares) == 0:
        value = float(shares.mean()) if len(shares) else 0.0
        return value, value
    interval = stats.bootstrap(  # type: ignore[attr-defined]
        (shares,), np.mean, n_resamples=_N_RESAMPLES, method="percentile",
        confidence_level=COVERAGE, rng=rng,
    ).confidence_interval  # fmt: skip
    return float(interval.low), float(interval.high)
