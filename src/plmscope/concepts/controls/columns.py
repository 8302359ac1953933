"""Several encodings of one thing, of which valid chooses: radii of a profile, penalties of a probe.

They go through the same counting and scoring as an SAE's features.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from plmscope.concepts.controls.controls import HeldOutFeatures, score_held_out
from plmscope.concepts.counting.by_protein import count_by_protein
from plmscope.concepts.scoring.scores import at_test_threshold
from plmscope.concepts.settings import CountingSettings, ScoringSettings, UncertaintySettings
from plmscope.concepts.uncertainty.bootstrap import add_intervals

THRESHOLDS = tuple(round(0.05 * step, 2) for step in range(20))
"""Among which valid chooses: finer than a feature's, so that what a feature is held against is
strong."""


def score_columns(
    held_out: HeldOutFeatures,
    owners: Sequence[object],
    concepts: Sequence[str],
    cluster_of: pd.Series,
    max_residues: int,
    uncertainty: UncertaintySettings,
) -> pd.DataFrame:
    """Score each column at its own concept; of an owner's columns the one best on valid counts.

    Args:
        held_out: Their values on valid and on test.
        owners: Whose each column is.
        concepts: What each column is to find.
        cluster_of: Homology cluster by accession.
        max_residues: Counted at once.
        uncertainty: Of the intervals.

    Returns:
        Columns of `score_pairs` and `add_intervals`, a row an owner that overlaps with its concept
        on valid, with owner; `feature` is the number of its column.
    """
    fine = CountingSettings(thresholds=THRESHOLDS, max_residues=max_residues)
    pairs = score_held_out(held_out, fine, ScoringSettings())
    column = pairs["feature"].to_numpy()
    own = pairs[pairs["concept"].to_numpy() == np.array(concepts, dtype=object)[column]]
    owner = pd.Series(list(owners), dtype=object).to_numpy()
    own = own.assign(owner=owner[own["feature"].to_numpy()])
    ordered = own.sort_values("valid_f1", ascending=False, kind="stable")
    best = ordered.drop_duplicates("owner").reset_index(drop=True)
    on_test = count_by_protein(held_out["test"], at_test_threshold(best), fine)
    return add_intervals(best, on_test.by_cluster(cluster_of), uncertainty)
