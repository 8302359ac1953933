"""One figure for how well an SAE's features match concepts."""

import numpy as np
import pandas as pd

from plmscope.concepts.amino_acids import is_amino_acid
from plmscope.concepts.counting.counts import OverlapCounts
from plmscope.concepts.scoring.scores import choose_thresholds, measure_pairs
from plmscope.proteins.feature_types import is_pooled


def mean_best_f1(counts: OverlapCounts) -> float:
    """The mean over concepts of the best feature's F1, 0 where there is no concept.

    Amino acids and pooled concepts are left out.

    Feature and threshold are chosen on the same counts, so that it is no estimate for other
    proteins: it compares SAEs with each other on the validation split (Simon & Zou 2025).

    Args:
        counts: Over the validation split.
    """
    pairs = choose_thresholds(counts)
    f1 = pd.Series(measure_pairs(counts, pairs).f1).groupby(pairs.concept).max()
    concepts = counts.concepts
    is_scored = ~is_amino_acid(concepts) & ~is_pooled(concepts["concept"])
    scored = f1.reindex(np.flatnonzero(is_scored), fill_value=0.0)
    return float(scored.mean()) if len(scored) else 0.0
