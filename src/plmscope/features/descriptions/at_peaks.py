"""What UniProt has at a feature's highest peaks, however rare the concept is."""

from __future__ import annotations

import pandas as pd

from plmscope.concepts import AnnotatedProteins
from plmscope.features.descriptions.shared_words import shared_words
from plmscope.proteins.feature_types import is_pooled

N_PEAKS = 10
"""Peaks looked at, one a homology cluster."""
TEXTS = ["at_peaks", "structure_at_peaks", "shared_words"]
COUNTS = ["n_at_peaks", "n_peaks", "n_in_structure", "n_with_structure", "n_with_word"]
_FEWEST = 3
_SECONDARY_STRUCTURE = ("Helix", "Beta strand", "Turn")
_FEWEST_IN_STRUCTURE = 5
_MOSTLY = 0.8


def describe_peaks(peaks: pd.DataFrame, annotated: AnnotatedProteins) -> pd.DataFrame:
    """What is known of the highest peaks of each feature, and of the proteins they are in.

    Args:
        peaks: feature, accession, position, rank; one a homology cluster of train.
        annotated: The proteins, and what is known of them.

    Returns:
        Indexed by feature: `n_peaks`, the peaks looked at; the columns of `annotated_at_peaks`,
        `structure_at_peaks` and `shared_words`, empty or 0 where there is nothing to say.
    """
    highest = peaks[peaks["rank"] <= N_PEAKS]
    told = highest.groupby("feature").size().rename("n_peaks").to_frame()
    tables = (
        annotated_at_peaks(highest, annotated.annotations),
        structure_at_peaks(highest, annotated.annotations),
        shared_words(highest, annotated),
    )
    for table in tables:
        told = told.join(table)
    lacking = dict.fromkeys(TEXTS, "") | dict.fromkeys(COUNTS, 0)
    return told.fillna(lacking).astype(dict.fromkeys(COUNTS, int))


def annotated_at_peaks(highest: pd.DataFrame, annotations: pd.DataFrame) -> pd.DataFrame:
    """The commonest annotation at the highest peaks of each feature.

    A name needs enough instances to be scored; this needs none, and proves nothing: it says where
    to look.

    Args:
        highest: feature, accession, position; one a homology cluster.
        annotations: accession, category, concept, start, end; secondary structure and pooled
            concepts are left out.

    Returns:
        Indexed by feature, those with three peaks or more in one concept: `at_peaks`, that concept;
        `n_at_peaks`, the peaks in it.
    """
    told = annotations[
        ~is_pooled(annotations["concept"]) & ~annotations["category"].isin(_SECONDARY_STRUCTURE)
    ]
    commonest = _commonest(highest, told, "concept")
    found = commonest[commonest["n"] >= _FEWEST]
    return found.rename(columns={"concept": "at_peaks", "n": "n_at_peaks"})


def structure_at_peaks(highest: pd.DataFrame, annotations: pd.DataFrame) -> pd.DataFrame:
    """The secondary structure in which the highest peaks of a feature are.

    Args:
        highest: feature, accession, position; one a homology cluster.
        annotations: accession, category, start, end. Of a protein without any helix, strand or
            turn no structure is known: its peaks do not count.

    Returns:
        Indexed by feature, those with five peaks or more in known structures, four of five of them
        in one kind: `structure_at_peaks`, "Helix", "Beta strand" or "Turn"; `n_in_structure`, the
        peaks in it; `n_with_structure`, those in known structures.
    """
    structure = annotations[annotations["category"].isin(_SECONDARY_STRUCTURE)]
    known = highest[highest["accession"].isin(structure["accession"])]
    n_known = known.groupby("feature").size().rename("n_with_structure")
    found = _commonest(known, structure, "category").join(n_known)
    is_mostly = found["n"] >= _MOSTLY * found["n_with_structure"]
    told = found[is_mostly & (found["n_with_structure"] >= _FEWEST_IN_STRUCTURE)]
    return told.rename(columns={"category": "structure_at_peaks", "n": "n_in_structure"})


def _commonest(highest: pd.DataFrame, annotations: pd.DataFrame, what: str) -> pd.DataFrame:
    """By feature, the value of a column that most peaks are annotated with, and how many (n)."""
    pairs = highest[["feature", "accession", "position"]].merge(
        annotations[["accession", what, "start", "end"]], on="accession"
    )
    inside = pairs[(pairs["start"] <= pairs["position"]) & (pairs["position"] <= pairs["end"])]
    once = inside.drop_duplicates(["feature", "accession", what])
    n = once.groupby(["feature", what]).size().rename("n").reset_index()
    ordered = n.sort_values(["feature", "n", what], ascending=[True, False, True])
    return ordered.drop_duplicates("feature").set_index("feature")
