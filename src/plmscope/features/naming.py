"""Which features have earned the name of a concept."""

import pandas as pd

from plmscope.concepts.amino_acids import without_amino_acids
from plmscope.concepts.scoring.best_pairs import GOOD_F1, best_first, hold_on_test
from plmscope.proteins.feature_types import is_pooled


def name_features(pair_scores: pd.DataFrame, min_f1: float = GOOD_F1) -> pd.DataFrame:
    """The concept that each named feature stands for.

    The concept is chosen on valid; test only confirms or refuses it. Amino acids compete: what is
    no more than a cysteine detector is not named after disulfide bonds. Pooled concepts do not:
    "Domain: any" says nothing in particular.

    Args:
        pair_scores: Scored pairs, one row per feature and concept.
        min_f1: The F1 that both splits must exceed.

    Returns:
        The rows of `pair_scores` of the named features, one per feature, best valid F1 first.
    """
    particular = pair_scores[~is_pooled(pair_scores["concept"])]
    best = best_first(particular).drop_duplicates("feature")
    return hold_on_test(best, min_f1).reset_index(drop=True)


def annotated_concepts(pairs: pd.DataFrame, n: int = 3) -> list[str]:
    """The concepts to draw under a feature's proteins: those annotated, not read off a sequence.

    Args:
        pairs: The scored pairs of one feature.
        n: How many, best valid F1 first.
    """
    return best_first(without_amino_acids(pairs))["concept"].head(n).tolist()
