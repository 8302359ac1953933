"""From counts to scores: each pair's threshold is chosen on valid and scored once on test."""

import numpy as np
import pandas as pd
from jaxtyping import Int

from plmscope.concepts.amino_acids import is_amino_acid
from plmscope.concepts.counting.counts import OverlapCounts, Pairs
from plmscope.concepts.metrics import Metrics, measure
from plmscope.concepts.settings import ScoringSettings
from plmscope.proteins.feature_types import is_pooled

POOLED_CONCEPTS_LEFT_OUT = [
    f"{category}: any"
    for category in ("Region", "Modified residue", "Domain", "Compositional bias", "Motif")
]
"""Pooled concepts that InterPLM does not score, because they mean nothing in particular."""


def score_pairs(
    valid: OverlapCounts, test: OverlapCounts, settings: ScoringSettings | None = None
) -> pd.DataFrame:
    """Score every pair that overlaps on valid.

    A pair's threshold is the one with the best F1 on valid (then the best F1 per residue, then
    the lowest). It is frozen: test is looked at once, at that threshold.

    Args:
        valid: Counts over the validation split.
        test: Counts over the test split, of the same concepts, features and thresholds.
        settings: Which protocol to follow.

    Returns:
        A row per pair: concept, category, level, feature, threshold, test_threshold (another one
        only under the protocol "interplm"), and for each split the scores of `Metrics`, tp, fp
        (over all proteins) and fp_annotated (over the proteins that carry the concept), as
        `valid_f1`, `test_f1`, …; counted: whether headlines count the pair. No value is ever
        missing.

    Raises:
        CountsMismatchError: The two are about different concepts, features or thresholds.
    """
    settings = settings or ScoringSettings()
    valid.check_comparable(test)
    pairs = choose_thresholds(valid)
    if settings.protocol == "interplm":
        eligible = interplm_concepts(valid.concepts, test.concepts, settings)
        pairs = Pairs(*(part[eligible[pairs.concept]] for part in pairs))
        scored = _score(valid, test, pairs, rechoose_thresholds(test, pairs))
        # InterPLM's report joins rows of test, which a pair without any overlap there has none of.
        return scored.assign(counted=scored["test_tp"] > 0)
    scored = _score(valid, test, pairs, pairs)
    return scored.assign(counted=~is_pooled(scored["concept"]))


def at_test_threshold(pairs: pd.DataFrame) -> pd.DataFrame:
    """The same pairs with the `threshold` that test is scored at."""
    return pairs.assign(threshold=pairs["test_threshold"])


def choose_thresholds(counts: OverlapCounts) -> Pairs:
    """The best threshold of each pair whose feature is on at the concept at least once."""
    chosen = [_best_thresholds(counts, concept) for concept in range(len(counts.concepts))]
    overlapping = [np.flatnonzero(tp[:, 0]) for tp in counts.tp]
    return Pairs(
        np.repeat(np.arange(len(chosen)), [len(features) for features in overlapping]),
        np.concatenate(overlapping),
        np.concatenate([best[on] for best, on in zip(chosen, overlapping, strict=True)]),
    )


def rechoose_thresholds(counts: OverlapCounts, pairs: Pairs) -> Pairs:
    """The same pairs at their best thresholds on other counts."""
    best = np.stack([_best_thresholds(counts, concept) for concept in range(len(counts.concepts))])
    return pairs._replace(threshold=best[pairs.concept, pairs.feature])


def measure_pairs(counts: OverlapCounts, pairs: Pairs) -> Metrics:
    """The scores of some pairs, each [n_pairs]."""
    concepts = counts.concepts
    return measure(
        counts.tp[pairs],
        counts.n_active[pairs.feature, pairs.threshold],
        counts.instances_hit[pairs],
        concepts["n_positive_residues"].to_numpy()[pairs.concept],
        concepts["n_instances"].to_numpy()[pairs.concept],
        counts.n_residues,
    )


def interplm_concepts(
    valid: pd.DataFrame, test: pd.DataFrame, settings: ScoringSettings
) -> np.ndarray:
    """The concepts that InterPLM would score, bool [n_concepts].

    Args:
        valid: `OverlapCounts.concepts` of the validation split.
        test: The same of the test split. InterPLM chooses from both together, which looks at
            test: that is why only its protocol does so.
        settings: How many annotated instances or labelled residues are enough.
    """
    n_annotated = valid["n_annotated"] + test["n_annotated"]
    n_residues = valid["n_positive_residues"] + test["n_positive_residues"]
    frequent = (n_annotated > settings.min_instances) | (n_residues > settings.min_residues)
    left_out = valid["concept"].isin(POOLED_CONCEPTS_LEFT_OUT)
    return (frequent & ~left_out & ~is_amino_acid(valid)).to_numpy()


def _best_thresholds(counts: OverlapCounts, concept: int) -> Int[np.ndarray, " n_features"]:
    """Where each feature's F1 with a concept is highest."""
    totals = counts.concepts.iloc[concept]
    scores = measure(
        counts.tp[concept],
        counts.n_active,
        counts.instances_hit[concept],
        totals["n_positive_residues"],
        totals["n_instances"],
        counts.n_residues,
    )
    is_best = scores.f1 == scores.f1.max(axis=1, keepdims=True)
    return np.where(is_best, scores.f1_per_residue, -1.0).argmax(axis=1)


def _score(
    valid: OverlapCounts, test: OverlapCounts, on_valid: Pairs, on_test: Pairs
) -> pd.DataFrame:
    thresholds = np.asarray(valid.thresholds)
    columns = {
        "feature": on_valid.feature,
        "threshold": thresholds[on_valid.threshold],
        "test_threshold": thresholds[on_test.threshold],
        **_columns("valid", valid, on_valid),
        **_columns("test", test, on_test),
    }
    concepts = valid.concepts[["concept", "category", "level"]].iloc[on_valid.concept]
    return concepts.reset_index(drop=True).assign(**columns)


def _columns(split: str, counts: OverlapCounts, pairs: Pairs) -> dict[str, np.ndarray]:
    """The scores and counts of one split, by column name."""
    columns = measure_pairs(counts, pairs)._asdict() | {
        "tp": counts.tp[pairs],
        "fp": counts.fp(pairs),
        "fp_annotated": counts.fp_annotated(pairs),
    }
    return {f"{split}_{name}": column for name, column in columns.items()}
