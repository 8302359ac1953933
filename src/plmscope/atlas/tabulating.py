"""Making the feature table of what the stages have found."""

from __future__ import annotations

import numpy as np
import pandas as pd

from plmscope.atlas.feature_table import FEATURE_COLUMNS, PEAK_LEVELS, SAE_SHA256
from plmscope.concepts import best_first
from plmscope.features import write_sentences
from plmscope.features.background import length_quantiles, peak_quantiles
from plmscope.proteins.feature_types import is_pooled
from plmscope.saes import SAE, fingerprint

INTERVALS = [
    "test_precision_low", "test_precision_high", "test_recall_low", "test_recall_high",
    "test_f1_low", "test_f1_high", "n_held_out_calls", "held_out_precision",
    "held_out_precision_low",
]  # fmt: skip
SCORES = [
    "concept", "category", "level", "threshold", "valid_precision", "valid_recall", "valid_f1",
    "test_precision", "test_recall", "test_f1", "p_value", "q_value",
]  # fmt: skip


def make_feature_table(
    sae: SAE,
    pair_scores: pd.DataFrame,
    named_features: pd.DataFrame,
    statistics: pd.DataFrame,
    clusters: pd.DataFrame,
    descriptions: pd.DataFrame,
    lengths: pd.Series,
) -> pd.DataFrame:
    """Put together what is known of each feature.

    Args:
        sae: The SAE.
        pair_scores: Scored pairs.
        named_features: The named ones with intervals, see `examine_named_features`.
        statistics: `feature_statistics`.
        clusters: feature, n_clusters_on, n_clusters.
        descriptions: Their patterns, motifs and families, see `describe_features`.
        lengths: Residues of each protein that the statistics are about.

    Returns:
        `FEATURE_COLUMNS`, a row a feature in order of number; `attrs` says which SAE it is about,
        over how many proteins, of which lengths.
    """
    particular = pair_scores[~is_pooled(pair_scores["concept"])]
    best = best_first(particular).drop_duplicates("feature").set_index("feature")[SCORES]
    named = named_features.set_index("feature")
    quantiles = peak_quantiles(np.stack(statistics["peaks"].to_list()), len(lengths), PEAK_LEVELS)
    table = (
        statistics.set_index("feature")
        .join(best)
        .join(named["concept"].rename("name"))
        .join(named[INTERVALS])
        .join(clusters.set_index("feature"))
        .join(descriptions.set_index("feature"))
        .assign(
            **{f"peak_q{level * 100:g}": quantiles[:, i] for i, level in enumerate(PEAK_LEVELS)}
        )
        .sort_index()
        .reset_index()
    )
    text = ["name", "concept", "category", "level"]
    table[text] = table[text].fillna("")
    table["n_held_out_calls"] = table["n_held_out_calls"].astype("Int64")
    table["description"] = write_sentences(table, len(lengths))
    table = table[list(FEATURE_COLUMNS)]
    table.attrs = {
        SAE_SHA256: fingerprint(sae),
        "columns": FEATURE_COLUMNS,
        "n_proteins": len(lengths),
        "length_quantiles": length_quantiles(lengths).tolist(),
    }
    return table
