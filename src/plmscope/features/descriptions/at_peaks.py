"""What UniProt has at a feature's highest peaks, however rare the concept is."""

from __future__ import annotations

import pandas as pd

from plmscope.proteins.feature_types import is_pooled

N_PEAKS = 10
"""Peaks looked at, one a homology cluster."""
_FEWEST = 3
_SECONDARY_STRUCTURE = ("Helix", "Beta strand", "Turn")


def annotated_at_peaks(peaks: pd.DataFrame, annotations: pd.DataFrame) -> pd.DataFrame:
    """The commonest annotation at the highest peaks of each feature.

    A name needs enough instances to be scored; this needs none, and proves nothing: it says where
    to look.

    Args:
        peaks: feature, accession, position, rank; one a homology cluster.
        annotations: accession, category, concept, start, end; secondary structure and pooled
            concepts are left out.

    Returns:
        Indexed by feature, those with three peaks or more in one concept: `at_peaks`, that concept;
        `n_at_peaks`, the peaks in it; `n_peaks`, those looked at.
    """
    highest = peaks.loc[peaks["rank"] <= N_PEAKS, ["feature", "accession", "position"]]
    told = annotations[
        ~is_pooled(annotations["concept"]) & ~annotations["category"].isin(_SECONDARY_STRUCTURE)
    ]
    pairs = highest.merge(told[["accession", "concept", "start", "end"]], on="accession")
    inside = pairs[(pairs["start"] <= pairs["position"]) & (pairs["position"] <= pairs["end"])]
    once = inside.drop_duplicates(["feature", "accession", "concept"])
    n = once.groupby(["feature", "concept"]).size().rename("n_at_peaks").reset_index()
    ordered = n.sort_values(["feature", "n_at_peaks", "concept"], ascending=[True, False, True])
    commonest = ordered.drop_duplicates("feature").set_index("feature")
    commonest = commonest[commonest["n_at_peaks"] >= _FEWEST]
    n_peaks = highest.groupby("feature").size().rename("n_peaks")
    return commonest.rename(columns={"concept": "at_peaks"}).join(n_peaks)
