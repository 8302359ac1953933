"""One figure for how well an SAE's features match concepts."""

import pandas as pd

from plmscope.concepts.counts import OverlapCounts
from plmscope.concepts.labels import AMINO_ACID_CATEGORY
from plmscope.concepts.scores import choose_thresholds, measure_pairs


def mean_best_f1(counts: OverlapCounts) -> float:
    """The mean over concepts of the best feature's F1; amino acids are left out.

    Feature and threshold are chosen on the same counts, so that it is no estimate for other
    proteins: it compares SAEs with each other on the validation split (Simon & Zou 2025).

    Args:
        counts: Over the validation split.
    """
    pairs = choose_thresholds(counts)
    f1 = pd.Series(measure_pairs(counts, pairs).f1).groupby(pairs.concept).max()
    is_scored = (counts.concepts["category"] != AMINO_ACID_CATEGORY).to_numpy()
    best = f1.reindex(range(len(counts.concepts)), fill_value=0.0).to_numpy()
    return float(best[is_scored].mean())
