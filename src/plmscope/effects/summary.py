"""From ablations to the effect of each feature, with intervals over homology clusters."""

from __future__ import annotations

import numpy as np
import pandas as pd
from jaxtyping import Float

from plmscope.concepts import UncertaintySettings
from plmscope.concepts.uncertainty.bootstrap import column_quantiles, widened_tail
from plmscope.effects.ablation import ACTIVE_THERE, FEATURE, RANDOM

EFFECTS = [
    "feature", "concept", "n_clusters", "n_clusters_on", "loss", "effect", "effect_low",
    "effect_high", "active_there", "active_there_low", "above_active_there",
    "above_active_there_low", "random", "random_low", "above_random", "above_random_low",
    "length_ratio", "is_used", "is_active_there_used",
]  # fmt: skip
MIN_CLUSTERS = 5
"""Fewer clusters in which a feature is on say nothing."""


def summarise_effects(ablations: pd.DataFrame, settings: UncertaintySettings) -> pd.DataFrame:
    """The effect of each feature, and by how much it exceeds that of its controls.

    Args:
        ablations: `ABLATIONS`, one protein a cluster.
        settings: Bootstrap size, coverage, seed.

    Returns:
        `EFFECTS`, a row a feature: the mean loss without ablation and its mean rise (nats a masked
        residue); the same rise under the controls; the differences. The low ends are those of
        intervals by bootstrap over the clusters. `length_ratio`: how long the contribution of the
        features active there is beside the feature's own, median. `is_used`: the rise, and its
        difference to either control, have a low end above 0, in `MIN_CLUSTERS` clusters or more
        where the feature is on. `is_active_there_used`: the same asked of the first feature active
        there, with the others as controls: how often chance, or anything active, passes.
    """
    rows = [
        _of_feature(of_feature, settings)
        for _, of_feature in ablations.groupby(["feature", "concept"], sort=True)
    ]
    return pd.DataFrame(rows, columns=EFFECTS)


def _of_feature(ablations: pd.DataFrame, settings: UncertaintySettings) -> dict[str, object]:
    own = ablations[ablations["kind"] == FEATURE].set_index("cluster")
    clusters = own.index
    kinds = {
        kind: _by_cluster(ablations[ablations["kind"] == kind], clusters)
        for kind in (ACTIVE_THERE, RANDOM)
    }
    effect = own["effect"].to_numpy()
    active_there, random = (of_kind.mean(axis=1) for of_kind in kinds.values())
    stand_in, *others = kinds[ACTIVE_THERE].T
    is_on = (own["n_on"] > 0).to_numpy()
    columns = {
        "effect": effect,
        "active_there": active_there,
        "above_active_there": effect - active_there,
        "random": random,
        "above_random": effect - random,
        "stand_in": stand_in,
        "stand_in_above_others": stand_in - np.mean(others or [random], axis=0),
        "stand_in_above_random": stand_in - random,
    }
    values = np.stack(list(columns.values()), axis=1)
    low, high = bootstrap_means(values, settings)
    lows = {f"{name}_low": float(value) for name, value in zip(columns, low, strict=True)}
    n_on = int(is_on.sum())
    enough = n_on >= MIN_CLUSTERS
    used = min(lows["effect_low"], lows["above_active_there_low"], lows["above_random_low"]) > 0
    stand_in_used = (
        min(
            lows["stand_in_low"],
            lows["stand_in_above_others_low"],
            lows["stand_in_above_random_low"],
        )
        > 0
    )
    first = ablations.iloc[0]
    return {
        "feature": int(first["feature"]),
        "concept": first["concept"],
        "n_clusters": len(clusters),
        "n_clusters_on": n_on,
        "loss": float(own["loss"].mean()),
        "effect_high": float(high[0]),
        "length_ratio": _length_ratio(ablations),
        "is_used": bool(enough and used),
        "is_active_there_used": bool(enough and stand_in_used),
        **{name: float(column.mean()) for name, column in columns.items()},
        **lows,
    }


def bootstrap_means(
    values: Float[np.ndarray, "n_clusters n_columns"], settings: UncertaintySettings
) -> tuple[Float[np.ndarray, " n_columns"], Float[np.ndarray, " n_columns"]]:
    """Both ends of the interval of each column's mean, over clusters drawn with replacement.

    Widened for few clusters as the intervals of scores are, see `bootstrap_intervals`; one cluster
    has no interval: from minus to plus infinity.
    """
    n, n_columns = values.shape
    if n < 2:
        return np.full(n_columns, -np.inf), np.full(n_columns, np.inf)
    rng = np.random.default_rng(settings.seed)
    weights = rng.multinomial(n, np.full(n, 1 / n), settings.n_resamples) / n
    ordered = np.sort(weights @ values, axis=0)
    tail = widened_tail(np.full(n_columns, n), settings.coverage)
    return column_quantiles(ordered, tail), column_quantiles(ordered, 1 - tail)


def _by_cluster(of_kind: pd.DataFrame, clusters: pd.Index) -> Float[np.ndarray, "n_clusters n"]:
    """The effects of the controls of one kind, in the order they were drawn."""
    place = of_kind.groupby("cluster").cumcount()
    table = of_kind.assign(place=place).pivot_table(
        index="cluster", columns="place", values="effect"
    )
    return table.reindex(clusters).fillna(0.0).to_numpy()


def _length_ratio(ablations: pd.DataFrame) -> float:
    """How long the contribution of what is active there is beside the feature's, median."""
    mean = ablations.pivot_table(index="cluster", columns="kind", values="length")
    on = mean[mean[FEATURE] > 0]
    return float((on[ACTIVE_THERE] / on[FEATURE]).median()) if len(on) else 0.0
