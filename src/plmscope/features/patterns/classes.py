"""The pattern class of each feature, told from its stretches by rules in a fixed order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Int

from plmscope.concepts.amino_acids import AMINO_ACIDS
from plmscope.features.patterns.settings import PatternSettings

NEVER_ON, TOO_FEW = "never on", "in too few proteins"
WHOLE, PERIODIC = "whole protein", "periodic"
N_TERMINUS, C_TERMINUS = "N terminus", "C terminus"
SINGLE, SHORT, LONG = "single residue", "short motif", "long stretch or domain"
PATTERNS = (WHOLE, PERIODIC, N_TERMINUS, C_TERMINUS, SINGLE, SHORT, LONG, TOO_FEW, NEVER_ON)
"""In the order in which tables show them."""
WITHOUT_PATTERN = (TOO_FEW, NEVER_ON)
PREFERENCES = ["amino_acids", "top_amino_acid_share", "amino_acid_bits"]


def classify_patterns(
    stretches: pd.DataFrame, background: Int[np.ndarray, " 21"], settings: PatternSettings
) -> pd.DataFrame:
    """Tell each feature's pattern and its preferred amino acids.

    The first rule that holds counts: never on; on in too few proteins; whole protein; periodic;
    N terminus; C terminus; then by the median length of a site: single residue, short motif, long
    stretch or domain. InterProt (Adams et al. 2025) has similar classes, told from the top
    proteins alone; here all proteins count.

    Args:
        stretches: As of `StretchCounts.to_frame`.
        background: Residues of each amino acid in all proteins, others last.
        settings: The thresholds.

    Returns:
        The same rows with `pattern` (of `PATTERNS`) and `PREFERENCES`: the preferred amino acids,
        commonest first; the share of the first; the information that the amino acids carry against
        the background, in bits.
    """
    table = stretches
    chance = 2 * table["near_end_by_chance"]
    rules = {
        NEVER_ON: table["n_proteins_on"] == 0,
        TOO_FEW: table["n_proteins_on"] < settings.min_proteins,
        WHOLE: table["coverage"] >= settings.whole,
        PERIODIC: (table["periodicity"] >= settings.periodicity)
        & (table["repeating"] >= settings.repeating),
        N_TERMINUS: (table["near_start"] >= settings.terminal) & (table["near_start"] >= chance),
        C_TERMINUS: (table["near_end"] >= settings.terminal) & (table["near_end"] >= chance),
        SINGLE: table["site_length"] <= 1,
        SHORT: table["site_length"] <= settings.short_motif,
    }
    pattern = np.select(list(rules.values()), list(rules), LONG)
    return table.assign(pattern=pattern, **_preferences(table, background, settings))


def _preferences(
    table: pd.DataFrame, background: Int[np.ndarray, " 21"], settings: PatternSettings
) -> dict[str, Any]:
    counts = np.stack(table["amino_acid_counts"].to_list())[:, : len(AMINO_ACIDS)]
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    usual = background[: len(AMINO_ACIDS)] / max(background[: len(AMINO_ACIDS)].sum(), 1)
    ratio = share / np.maximum(usual, 1e-9)
    is_preferred = (ratio >= settings.enrichment) & (share >= settings.min_share)
    order = np.argsort(-share, axis=1, kind="stable")
    letters = np.array(list(AMINO_ACIDS))
    preferred = [
        "".join(letters[row][chosen[row]]) for row, chosen in zip(order, is_preferred, strict=True)
    ]
    with np.errstate(divide="ignore", invalid="ignore"):
        bits = np.where(share > 0, share * np.log2(ratio), 0.0).sum(axis=1)
    return dict(
        zip(PREFERENCES, (preferred, share.max(axis=1), np.maximum(bits, 0.0)), strict=True)
    )
