"""Whether features are active around their peaks beyond permutation, in many proteins."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float
from scipy.special import stdtr

from plmscope.structures.neighbourhoods import SEQUENCE, SEQUENCE_WITHOUT_PEAK, SPACE, TESTS
from plmscope.structures.neighbourhoods import SPACE_BEYOND_CHAIN as BEYOND
from plmscope.structures.settings import StructureSettings

STRUCTURE_TESTS = [
    "feature", "test", "n_proteins", "score", "null", "effect_size", "p", "p_corrected",
]  # fmt: skip
SIGNIFICANT = 0.05


def assess_features(measures: pd.DataFrame, settings: StructureSettings) -> pd.DataFrame:
    """Compare each feature's scores with their permutations, protein by protein.

    A paired t-test (two-sided), Cohen's d of the differences, and Bonferroni over the features
    tested, as Simon & Zou (2025).

    Args:
        measures: `MEASURES`.
        settings: In how many proteins a feature must be measured.

    Returns:
        `STRUCTURE_TESTS`, a row a feature and test: the proteins, mean score and mean permuted
        score, the effect size, p and p corrected.
    """
    parts = [_assess(measures, test, settings.min_proteins) for test in TESTS]
    return pd.concat(parts, ignore_index=True)[STRUCTURE_TESTS]


def summarise_structures(
    measures: pd.DataFrame, tests: pd.DataFrame, settings: StructureSettings
) -> dict[str, Any]:
    """What the tests add up to.

    Args:
        measures: `MEASURES`.
        tests: `STRUCTURE_TESTS`.
        settings: In how many proteins a feature must be measured.

    Returns:
        The proteins with a structure in which any feature peaks; the features that peak in some
        and those that are tested; of each test, how many are significant, above permutation; and
        how many are so in space and not in sequence, as the paper counts and with the peak and its
        neighbours along the chain left out.
    """
    above = tests[(tests["p_corrected"] < SIGNIFICANT) & (tests["effect_size"] > 0)]
    significant = {test: set(above.loc[above["test"] == test, "feature"]) for test in TESTS}
    n_proteins = measures.groupby("feature")["accession"].nunique()
    return {
        "n_proteins": int(measures["accession"].nunique()),
        "n_features": len(n_proteins),
        "min_proteins": settings.min_proteins,
        "n_tested": {test: int((tests["test"] == test).sum()) for test in TESTS},
        "n_significant": {test: len(features) for test, features in significant.items()},
        "n_space_alone": len(significant[SPACE] - significant[SEQUENCE]),
        "n_space_alone_beyond_chain": len(significant[BEYOND] - significant[SEQUENCE_WITHOUT_PEAK]),
    }


def _assess(measures: pd.DataFrame, test: str, min_proteins: int) -> pd.DataFrame:
    known = measures.dropna(subset=[test, f"{test}_null"])
    difference = (known[test] - known[f"{test}_null"]).rename("difference")
    by_feature = known.assign(difference=difference).groupby("feature")
    table = by_feature.agg(
        n_proteins=("difference", "size"),
        score=(test, "mean"),
        null=(f"{test}_null", "mean"),
        mean=("difference", "mean"),
        deviation=("difference", "std"),
    )
    table = table[table["n_proteins"] >= min_proteins].reset_index()
    size, p = _paired_t(*(table[name].to_numpy() for name in ("mean", "deviation", "n_proteins")))
    corrected = np.minimum(p * len(table), 1.0)
    return table.assign(test=test, effect_size=size, p=p, p_corrected=corrected)


def _paired_t(
    mean: Float[np.ndarray, " n"],
    deviation: Float[np.ndarray, " n"],
    n_pairs: Float[np.ndarray, " n"],
) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
    """Cohen's d and the two-sided p; 0 and 1 where there is no difference at all."""
    varies = deviation > 0
    size = np.where(varies, mean / np.where(varies, deviation, 1), 0.0)
    p = 2 * stdtr(n_pairs - 1, -np.abs(size) * np.sqrt(n_pairs))
    return size, np.where(varies, p, 1.0)
