"""How far each named feature gets: from a held-out score to an effect on the PLM."""

from __future__ import annotations

import numpy as np
import pandas as pd

from plmscope.concepts.scoring.best_pairs import GOOD_F1
from plmscope.concepts.scoring.headline import MIN_CLUSTERS

RUNGS = (
    "held-out score",
    "interval",
    "beats its controls",
    "more than its motif",
    "used by the PLM",
)
"""Each asks more than the one before. A feature stands on the last that it reached without a miss:

1. F1 above 0.5 on test, with concept and threshold chosen on valid;
2. the lower end of the interval is above 0.5 too, and five test clusters carry the concept;
3. that lower end is above the test F1 of whatever control is best at the concept;
4. it is above the test F1 of the profile HMM of the feature's own motif;
5. ablating it raises the masked-LM loss by more than its controls do.
"""
LADDER = [
    "feature", "name", "rung", "has_score", "has_interval", "best_control", "control_test_f1",
    "beats_controls", "motif_test_f1", "beats_motif", "effect", "effect_low", "effect_high",
    "above_controls_low", "is_used",
]  # fmt: skip
_STEPS = ["has_score", "has_interval", "beats_controls", "beats_motif", "is_used"]


def climb_ladder(
    named: pd.DataFrame,
    control_report: pd.DataFrame,
    motif_control: pd.DataFrame,
    effects: pd.DataFrame,
) -> pd.DataFrame:
    """Put every named feature on its rung.

    Args:
        named: `named_features`.
        control_report: The best pair of each concept for the SAE and each control.
        motif_control: `motif_control_report`. A feature that has no profile, as it is on in too few
            clusters for a motif to be learned, is not above it: nothing was shown.
        effects: See `plmscope.effects.summarise_effects`; without a row nothing was shown.

    Returns:
        `LADDER`, a row a named feature.
    """
    controls = control_report[control_report["control"] != "sae"]
    best = (
        controls.sort_values(["concept", "test_f1", "control"], ascending=[True, False, True])
        .drop_duplicates("concept")
        .set_index("concept")[["control", "test_f1"]]
        .rename(columns={"control": "best_control", "test_f1": "control_test_f1"})
    )
    table = named.join(best, on="concept")
    of_motif = motif_control.set_index("feature")["motif_test_f1"]
    table = table.join(of_motif, on="feature")
    measured = effects.set_index("feature")
    figures = ["effect", "effect_low", "effect_high", "is_used"]
    table = table.join(measured[figures], on="feature")
    above = measured[["above_active_there_low", "above_random_low"]].min(axis=1)
    low = table["test_f1_low"]
    table = table.assign(
        name=table["concept"],
        best_control=table["best_control"].fillna(""),
        above_controls_low=above.reindex(table["feature"]).to_numpy(),
        has_score=table["test_f1"] > GOOD_F1,
        has_interval=(low > GOOD_F1) & (table["test_n_clusters"] >= MIN_CLUSTERS),
        beats_controls=(low > table["control_test_f1"]).fillna(value=False),
        beats_motif=(low > table["motif_test_f1"]).fillna(value=False),
        is_used=table["is_used"].fillna(value=False).astype(bool),
    )
    reached = np.logical_and.accumulate(table[_STEPS].to_numpy(dtype=bool), axis=1)
    return table.assign(rung=reached.sum(axis=1))[LADDER].reset_index(drop=True)


def count_rungs(ladder: pd.DataFrame) -> pd.DataFrame:
    """How many named features climb to each rung, and how many pass it wherever they stand.

    Args:
        ladder: See `climb_ladder`.

    Returns:
        rung (1 to 5), what, n_reached, n_concepts (of those that reached it), n_passed.
    """
    rows = []
    for number, (what, step) in enumerate(zip(RUNGS, _STEPS, strict=True), start=1):
        reached = ladder[ladder["rung"] >= number]
        rows.append(
            {
                "rung": number,
                "what": what,
                "n_reached": len(reached),
                "n_concepts": reached["name"].nunique(),
                "n_passed": int(ladder[step].sum()),
            }
        )
    return pd.DataFrame(rows)
