"""Confidence intervals by resampling whole homology clusters."""

import numpy as np
import pandas as pd
from jaxtyping import Float
from scipy.special import ndtr, stdtrit

from plmscope.concepts.counting.by_protein import PairCounts
from plmscope.concepts.settings import UncertaintySettings

INTERVAL_SCORES = ("precision", "recall", "f1")
RESAMPLES_AT_ONCE = 100


def bootstrap_intervals(counts: PairCounts, settings: UncertaintySettings) -> pd.DataFrame:
    """Intervals for the scores of each pair.

    Proteins of one cluster resemble each other, so clusters, not residues, are drawn with
    replacement. Percentile intervals of few clusters are too short; they are widened as Hesterberg
    does (2015, doi 10.1080/00031305.2015.1089789): the levels are those of a t distribution with
    as many clusters as have a true positive. With fewer than two such clusters the scores rest on
    nothing that could vary, and the interval is [0, 1].

    Args:
        counts: Counts by cluster.
        settings: Bootstrap size, coverage, seed.

    Returns:
        A row per pair: precision_low, precision_high, recall_low, …, f1_high.
    """
    rng = np.random.default_rng(settings.seed)
    n_clusters = len(counts.groups)
    scores: dict[str, list[np.ndarray]] = {name: [] for name in INTERVAL_SCORES}
    for start in range(0, settings.n_resamples, RESAMPLES_AT_ONCE):
        n_drawn = min(RESAMPLES_AT_ONCE, settings.n_resamples - start)
        weights = rng.multinomial(n_clusters, np.full(n_clusters, 1 / n_clusters), n_drawn)
        drawn = counts.summed(weights.astype(np.float64))
        for name, values in scores.items():
            values.append(getattr(drawn, name))
    n_clusters_hit = (counts.tp > 0).sum(axis=0)
    tail = widened_tail(n_clusters_hit, settings.coverage)
    columns = {}
    for name, values in scores.items():
        ordered = np.sort(np.concatenate(values), axis=0)
        low, high = column_quantiles(ordered, tail), column_quantiles(ordered, 1 - tail)
        columns[f"{name}_low"] = np.where(n_clusters_hit > 1, low, 0.0)
        columns[f"{name}_high"] = np.where(n_clusters_hit > 1, high, 1.0)
    return pd.DataFrame(columns)


def add_intervals(
    best: pd.DataFrame, counts: PairCounts, settings: UncertaintySettings
) -> pd.DataFrame:
    """Give pairs the intervals of their test scores.

    Args:
        best: The pairs, numbered from 0.
        counts: Their counts on test, by cluster.
        settings: Bootstrap size, coverage, seed.

    Returns:
        The pairs with test_precision_low, …, test_f1_high, and test_n_clusters: the test clusters
        that carry the concept.
    """
    intervals = bootstrap_intervals(counts, settings).assign(n_clusters=counts.n_carriers)
    return best.join(intervals.add_prefix("test_"))


def widened_tail(n_clusters_hit: np.ndarray, coverage: float) -> Float[np.ndarray, " n_pairs"]:
    """The lower quantile level of each interval, widened for few clusters (Hesterberg 2015).

    Args:
        n_clusters_hit: Clusters that a score rests on; 2 at least count.
        coverage: Of the interval.
    """
    n = np.maximum(n_clusters_hit, 2)
    return ndtr(np.sqrt(n / (n - 1)) * stdtrit(n - 1, (1 - coverage) / 2))


def column_quantiles(
    ordered: Float[np.ndarray, "n_resamples n_pairs"], level: Float[np.ndarray, " n_pairs"]
) -> Float[np.ndarray, " n_pairs"]:
    """One quantile per column, at its own level, between the two nearest values.

    Args:
        ordered: Each column rising.
        level: From 0 to 1.
    """
    place = level * (len(ordered) - 1)
    below = np.floor(place).astype(int)
    above = np.minimum(below + 1, len(ordered) - 1)
    column = np.arange(ordered.shape[1])
    fraction = place - below
    return ordered[below, column] * (1 - fraction) + ordered[above, column] * fraction
