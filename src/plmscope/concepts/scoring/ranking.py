"""How well a feature's value ranks residues by a concept, over all thresholds."""

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float

from plmscope.concepts.counting.feature_values import collect_values
from plmscope.concepts.counting.labelled_features import LabelledFeatures
from plmscope.concepts.metrics import divide
from plmscope.concepts.settings import CountingSettings


def rank_pairs(
    labelled: LabelledFeatures, pairs: pd.DataFrame, settings: CountingSettings
) -> pd.DataFrame:
    """AUROC and average precision of some pairs over all residues.

    Args:
        labelled: The features of some proteins, and their labels.
        pairs: concept and feature, one row a pair.
        settings: Block size.

    Returns:
        auroc and average_precision by row of `pairs`; 0.5 and 0 where nothing is labelled.
    """
    source, encoder, labels = labelled
    features, column = np.unique(pairs["feature"], return_inverse=True)
    accessions, values = collect_values(source, encoder, features, settings)
    positive = labels.select(accessions).residues.tocsc()
    concept = pd.Index(labels.concepts["concept"]).get_indexer(pd.Index(pairs["concept"]))
    scores = []
    for of_feature, of_concept in zip(column, concept, strict=True):
        nonzero = values[:, [of_feature]]
        is_positive = np.zeros(values.shape[0], dtype=bool)
        is_positive[positive[:, [of_concept]].indices] = True
        scores.append(
            rank_scores(
                nonzero.data,
                is_positive[nonzero.indices],
                int(is_positive.sum()),
                len(is_positive),
            )
        )
    return pd.DataFrame(scores, columns=["auroc", "average_precision"], index=pairs.index)


def rank_scores(
    values: Float[np.ndarray, " n_nonzero"],
    positive: Bool[np.ndarray, " n_nonzero"],
    n_positive: int,
    n_residues: int,
) -> tuple[float, float]:
    """AUROC and average precision from the residues where a feature is not 0.

    All other residues are one tie at 0, the last group of the ranking. Ties count half in the
    AUROC, and average precision is that of scikit-learn, sum_n (R_n - R_{n-1}) P_n.

    Args:
        values: Above 0.
        positive: Whether each of these residues carries the concept.
        n_positive: Residues that carry it, wherever they are.
        n_residues: All residues.
    """
    n_negative = n_residues - n_positive
    if n_positive == 0 or n_negative == 0:
        return 0.5, 0.0
    order = np.argsort(-values, kind="stable")
    is_last_of_tie = np.diff(values[order], append=-1.0) != 0
    tp = np.append(positive[order].cumsum()[is_last_of_tie], n_positive)
    n_ranked = np.append(np.flatnonzero(is_last_of_tie) + 1, n_residues)
    true_rate = np.concatenate([[0.0], tp / n_positive])
    false_rate = np.concatenate([[0.0], (n_ranked - tp) / n_negative])
    average_precision = (np.diff(true_rate) * divide(tp, n_ranked)).sum()
    return float(np.trapezoid(true_rate, false_rate)), float(average_precision)
