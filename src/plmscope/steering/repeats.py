"""The paper's steering experiment: a periodic glycine feature clamped at one glycine of GXXGXX.

Simon & Zou (2025) clamp three periodic-glycine features at the first glycine and see the
probability of glycine rise at the next repeats, less the farther these are; features of glycine as
such change the residue that is edited alone. Their code has no steering.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from plmscope.plms import ProteinLanguageModel
from plmscope.plms.base import Edit
from plmscope.progress import show_progress
from plmscope.saes import SAE
from plmscope.steering.distributions import AMINO_ACID_COLUMNS, predicted_distributions
from plmscope.steering.dose import draw_controls, matched_edit
from plmscope.steering.edits import as_plm_edit, clamp
from plmscope.steering.settings import RepeatSettings
from plmscope.steering.steer import steered_layer

REPEATS = [
    "kind", "number", "dose", "offset", "is_repeat", "before", "after", "change", "change_low",
    "change_high", "n_sequences",
]  # fmt: skip
PERIODIC, GLYCINE = "periodic glycine", "glycine"
PERIOD = 3
_Z = 1.96
_OTHERS = "ACDEFHIKLMNPQRSTVWY"


def steer_repeats(
    plm: ProteinLanguageModel, sae: SAE, patterns: pd.DataFrame, settings: RepeatSettings
) -> pd.DataFrame:
    """Clamp glycine features at the first glycine of random GXXGXX… and read glycine along them.

    Args:
        plm: With a masked-LM head.
        sae: Of one of its layers.
        patterns: `feature_patterns`, of which the features are chosen.
        settings: Sequences, doses, controls.

    Returns:
        `REPEATS`, a row a kind, feature (or control), dose and distance from the steered glycine:
        the mean probability of glycine there, masked, before and after, their difference and its
        95 % interval over the sequences.
    """
    chosen = choose_glycine_features(patterns, settings.n_features)
    if not any(chosen.values()):
        return no_repeats()
    layer = steered_layer(plm, sae)
    first = settings.flank + 1
    offsets = _offsets(settings.n_repeats)
    sequences = make_repeats(settings)
    labels, edits = _edits(sae, chosen, first, len(sequences[0]), settings)
    glycine = AMINO_ACID_COLUMNS.index("G")
    found = []
    with show_progress("steering repeats", len(sequences), "sequence") as progress:
        for sequence in sequences:
            distributions = predicted_distributions(
                plm,
                layer,
                sequence,
                [None, *edits],
                [first + offset for offset in offsets],
                shown=False,
            )
            found.append(distributions[:, :, glycine])
            progress.update()
    before, after = np.stack(found)[:, :1], np.stack(found)[:, 1:]
    change = after - before
    spread = _Z * change.std(axis=0, ddof=1) / np.sqrt(len(sequences))
    tables = [
        pd.DataFrame(
            {
                "kind": kind,
                "number": number,
                "dose": dose,
                "offset": offsets,
                "is_repeat": [offset % PERIOD == 0 for offset in offsets],
                "before": before[:, 0].mean(axis=0),
                "after": after[:, place].mean(axis=0),
                "change": change[:, place].mean(axis=0),
                "change_low": change[:, place].mean(axis=0) - spread[place],
                "change_high": change[:, place].mean(axis=0) + spread[place],
                "n_sequences": len(sequences),
            }
        )
        for place, (kind, number, dose) in enumerate(labels)
    ]
    return pd.concat(tables, ignore_index=True)[REPEATS]


def no_repeats() -> pd.DataFrame:
    """The table where nothing can be steered."""
    return pd.DataFrame(columns=REPEATS)


def choose_glycine_features(patterns: pd.DataFrame, n: int) -> dict[str, list[int]]:
    """The features to steer with.

    Args:
        patterns: feature, pattern, period, periodicity, amino_acids, top_amino_acid_share.
        n: Of each kind at most.

    Returns:
        "periodic glycine": those that fire with period 3 and prefer glycine, the most regular
        first; "glycine": those of the others whose residues are glycine most often.
    """
    of_glycine = patterns[patterns["amino_acids"].str.startswith("G")]
    is_periodic = (of_glycine["pattern"] == "periodic") & (of_glycine["period"] == PERIOD)
    periodic = of_glycine[is_periodic].nlargest(n, "periodicity")
    plain = of_glycine[of_glycine["pattern"] != "periodic"].nlargest(n, "top_amino_acid_share")
    return {PERIODIC: periodic["feature"].tolist(), GLYCINE: plain["feature"].tolist()}


def make_repeats(settings: RepeatSettings) -> list[str]:
    """Random sequences with the repeats in their middle; glycine is nowhere else."""
    rng = np.random.default_rng(settings.seed)

    def drawn(n: int) -> str:
        return "".join(rng.choice(list(_OTHERS), n))

    return [
        drawn(settings.flank)
        + "".join("G" + drawn(PERIOD - 1) for _ in range(settings.n_repeats))
        + drawn(settings.flank)
        for _ in range(settings.n_sequences)
    ]


def _offsets(n_repeats: int) -> list[int]:
    """Every repeat, and the residues between the first ones."""
    return sorted({1, 2, 4, 5, *range(0, PERIOD * n_repeats, PERIOD)})


def _edits(
    sae: SAE,
    chosen: dict[str, list[int]],
    first: int,
    n_residues: int,
    settings: RepeatSettings,
) -> tuple[list[tuple[str, int, float]], Sequence[Edit]]:
    """What is steered at the first glycine, and the edits; controls match the first feature."""
    labels: list[tuple[str, int, float]] = []
    edits: list[Any] = []
    every = [feature for features in chosen.values() for feature in features]
    controls = draw_controls(sae, every, settings.n_controls, settings.seed)
    for dose in settings.doses:
        for kind, features in chosen.items():
            for feature in features:
                labels.append((kind, feature, dose))
                edits.append(as_plm_edit([clamp(feature, dose, [first])], sae, n_residues))
        for kind, number, direction in controls:
            labels.append((kind, number, dose))
            matched = clamp(every[0], dose, [first])
            edits.append(matched_edit(matched, direction, sae, n_residues))
    return labels, edits
