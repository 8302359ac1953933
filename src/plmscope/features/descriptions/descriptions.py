"""What was found out about the features beyond their scores, a row a feature."""

from __future__ import annotations

import pandas as pd

from plmscope.features.descriptions.at_peaks import COUNTS, TEXTS
from plmscope.features.families.settings import COACTIVATION, DECODER

_OF_PATTERNS = [
    "pattern", "n_proteins_on", "site_length", "coverage", "period", "periodicity", "near_start",
    "near_end", "amino_acids", "top_amino_acid_share",
]  # fmt: skip
_OF_LADDER = ["rung", "effect", "effect_low", "effect_high", "above_controls_low"]
_OF_MOTIFS = ["motif", "motif_bits", "motif_share", "n_windows"]


def describe_features(
    patterns: pd.DataFrame,
    motifs: pd.DataFrame,
    members: pd.DataFrame,
    families: pd.DataFrame,
    at_peaks: pd.DataFrame,
    ladder: pd.DataFrame,
) -> pd.DataFrame:
    """Join patterns, motifs and families.

    Args:
        patterns: See `classify_patterns`.
        motifs: See `learn_motifs`.
        members: The families of each feature, see `FeatureFamilies`.
        families: See `describe_families`.
        at_peaks: See `describe_peaks`.
        ladder: See `plmscope.effects.climb_ladder`; without rows before it was climbed.

    Returns:
        The columns of the feature table that are about these, with `family_size` and
        `module_size`.
    """
    of_patterns, of_motifs, of_families = (
        table.set_index("feature") for table in (patterns, motifs, members)
    )
    joined = (
        of_patterns[_OF_PATTERNS]
        .join(of_motifs[_OF_MOTIFS].rename(columns={"n_windows": "n_motif_windows"}))
        .join(of_families)
        .join(at_peaks)
        .join(ladder.set_index("feature")[_OF_LADDER].astype(float))
        .fillna(dict.fromkeys(TEXTS, "") | dict.fromkeys([*COUNTS, "rung"], 0))
        .astype(dict.fromkeys([*COUNTS, "rung"], int))
    )
    for kind, column in ((DECODER, "family"), (COACTIVATION, "module")):
        known = families[families["kind"] == kind].set_index("family")
        joined[f"{column}_name"] = joined[column].map(known["name"]).fillna("").astype(str)
        joined[f"{column}_size"] = joined[column].map(known["size"]).fillna(0).astype(int)
    return joined.reset_index()
