"""What probes say of each concept: whether the PLM has it, and whether the SAE does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from plmscope.concepts.scoring.best_pairs import GOOD_F1
from plmscope.probes.settings import ProbeSettings

WHOLE, SPLIT, MISSED, ABSENT = "whole", "split", "missed", "not found"
VERDICTS = (WHOLE, SPLIT, MISSED, ABSENT)
"""Of a concept, by F1 on test: one feature, the best on valid, reaches `ProbeSettings.reached` of
the probe on all activations (whole); a probe on a few features does (split); neither does (missed);
nothing finds it (not found)."""
CEILING = "ceiling"
_SCORES = ("test_f1", "test_f1_low", "test_f1_high", "test_f1_per_residue")
_NAMES = ("f1", "f1_low", "f1_high", "f1_per_residue")


def report_probes(
    activation_probes: pd.DataFrame,
    feature_probes: pd.DataFrame,
    singles: dict[str, pd.DataFrame],
    concepts: pd.DataFrame,
    settings: ProbeSettings,
    random_split: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Put the probes of each concept beside its best feature and its best neuron.

    Args:
        activation_probes: See `probe_activations`.
        feature_probes: See `probe_features`.
        singles: By name ("best_feature", "best_neuron"), the pair of each concept that is best on
            valid: concept, test_f1 and, where they are known, the rest of its scores.
        concepts: concept, counted: those to report, and whether headlines count them.
        settings: When the ceiling counts as reached.
        random_split: As `activation_probes`, where single proteins were split at random.

    Returns:
        A row a concept: concept, counted; f1, f1_low, f1_high, f1_per_residue of each probe and
        single, such as ceiling_f1, features_20_f1, best_feature_f1; random_split_f1 and gap, by
        how much it is above ceiling_f1; verdict. A probe that touches the concept nowhere on valid
        has F1 0; what was not asked is missing.
    """
    table = concepts[["concept", "counted"]].reset_index(drop=True)
    parts = {CEILING: activation_probes}
    for kind, of_kind in feature_probes.groupby("probe", sort=False):
        parts[f"features_{str(kind).split()[0]}"] = of_kind
    parts |= singles
    if random_split is not None:
        parts["random_split"] = random_split
    for name, scores in parts.items():
        own = scores.set_index("concept").reindex(table["concept"])
        for column, score in zip(_NAMES, _SCORES, strict=True):
            known = column in ("f1", "f1_per_residue")
            values = own[score].to_numpy(dtype=float) if score in own else np.full(len(own), np.nan)
            table[f"{name}_{column}"] = np.nan_to_num(values) if known and score in own else values
    lacking = np.full(len(table), np.nan)
    gap = lacking if random_split is None else table["random_split_f1"] - table[f"{CEILING}_f1"]
    few = [f"{name}_f1" for name in parts if name.startswith("features_")]
    return table.assign(gap=gap, verdict=_verdicts(table, few, settings.reached))


def summarise_probes(report: pd.DataFrame) -> dict[str, Any]:
    """What the probes add up to, over the concepts that headlines count.

    Args:
        report: See `report_probes`.

    Returns:
        n_concepts; for each probe and single, n_found (test F1 above 0.5), mean_f1 and
        mean_f1_per_residue; how many concepts have each verdict; the mean gap of a random split
        and the number of concepts found under it.
    """
    counted = report[report["counted"]]
    names = [str(c).removesuffix("_f1") for c in report if str(c).endswith("_f1")]
    summary: dict[str, Any] = {
        "n_concepts": len(counted),
        "probes": {
            name: {
                "n_found": int((counted[f"{name}_f1"] > GOOD_F1).sum()),
                "mean_f1": _mean(counted[f"{name}_f1"]),
                "mean_f1_per_residue": _mean(counted[f"{name}_f1_per_residue"]),
            }
            for name in names
        },
        "verdicts": {verdict: int((counted["verdict"] == verdict).sum()) for verdict in VERDICTS},
        "mean_gap": _mean(counted["gap"]),
    }
    return summary


def _verdicts(table: pd.DataFrame, few: list[str], reached: float) -> list[str]:
    ceiling = table[f"{CEILING}_f1"].to_numpy()
    single = table["best_feature_f1"].to_numpy()
    several = table[few].max(axis=1).to_numpy() if few else np.zeros(len(table))
    found = np.maximum.reduce([ceiling, single, several]) > GOOD_F1
    choices = [single >= reached * ceiling, several >= reached * ceiling]
    named = np.select(choices, [WHOLE, SPLIT], default=MISSED)
    return np.where(found, named, ABSENT).tolist()


def _mean(values: pd.Series) -> float | None:
    known = values.dropna()
    return float(known.mean()) if len(known) else None
