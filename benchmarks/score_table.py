"""The table of scores of all pairs, beside a Python loop over its cells."""

import numpy as np
import pandas as pd

from benchmarks.harness import Figure, make_figure, seconds_in_turn
from plmscope.concepts import OverlapCounts, score_pairs

N_CONCEPTS, N_FEATURES, THRESHOLDS = 400, 10_240, (0.0, 0.15, 0.5, 0.6, 0.8)
N_REFERENCE_FEATURES = 64


def run() -> list[Figure]:
    """Score every pair; the loop does a part of the features and is scaled up."""
    valid, test = make_counts(seed=0), make_counts(seed=1)

    def ours() -> pd.DataFrame:
        return score_pairs(valid, test)

    def reference() -> dict[tuple[int, int], float]:
        return loop_scores(valid, N_REFERENCE_FEATURES)

    table = ours()
    best = table[table["feature"] < N_REFERENCE_FEATURES].set_index(["concept", "feature"])
    for (concept, feature), f1 in reference().items():
        assert np.isclose(best.loc[(f"Concept {concept}", feature), "valid_f1"], f1)
    mine, loop = seconds_in_turn(ours, reference, repeats=3)
    return [
        make_figure(
            f"score {len(table)} pairs of {N_FEATURES} features x {N_CONCEPTS} concepts x"
            f" {len(THRESHOLDS)} thresholds on two splits",
            mine,
            loop * N_FEATURES / N_REFERENCE_FEATURES,
            "s",
            f"a Python loop over the cells of one split; {N_REFERENCE_FEATURES} features measured,"
            f" scaled to {N_FEATURES}; best F1 equal",
        )
    ]


def loop_scores(counts: OverlapCounts, n_features: int) -> dict[tuple[int, int], float]:
    """The best F1 of each pair, one cell after the other."""
    best: dict[tuple[int, int], float] = {}
    for concept, totals in enumerate(counts.concepts.itertuples()):
        for feature in range(n_features):
            for threshold in range(len(counts.thresholds)):
                tp = int(counts.tp[concept, feature, threshold])
                if tp == 0:
                    continue
                precision = tp / int(counts.n_active[feature, threshold])
                hit = int(counts.instances_hit[concept, feature, threshold])
                recall = hit / totals.n_instances
                f1 = 2 * precision * recall / (precision + recall)
                best[concept, feature] = max(best.get((concept, feature), 0.0), f1)
    return best


def make_counts(seed: int) -> OverlapCounts:
    """Random counts that fall with the threshold; in four of five pairs nothing overlaps."""
    rng = np.random.default_rng(seed)
    falling = np.array([16, 8, 4, 2, 1])
    n_active = rng.integers(40, 400, (N_FEATURES, 1)) * falling
    tp = rng.integers(1, 40, (N_CONCEPTS, N_FEATURES, 1)) * falling
    tp *= rng.random((N_CONCEPTS, N_FEATURES, 1)) < 0.2
    concepts = pd.DataFrame(
        {
            "concept": [f"Concept {number}" for number in range(N_CONCEPTS)],
            "category": "Concept",
            "level": "span",
            "n_positive_residues": 2000,
            "n_instances": 700,
        }
    )
    return OverlapCounts(concepts, THRESHOLDS, 1_000_000, n_active, tp, tp * 3, tp)
