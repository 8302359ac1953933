"""What came in, what was left out and why, in numbers."""

from typing import Any

import pandas as pd

from plmscope.proteins.reading.nucleotides import look_like_nucleotides
from plmscope.proteins.reading.rejects import count_rejects
from plmscope.proteins.tables import SPLITS

N_NAMED = 20
"""Proteins that the report names; it counts them all."""


def summarise_ingestion(
    selected: pd.DataFrame,
    proteins: pd.DataFrame,
    annotations: pd.DataFrame,
    concepts: pd.DataFrame,
    rejected_proteins: pd.DataFrame,
    rejected_annotations: pd.DataFrame,
    leakage_audit: pd.DataFrame,
) -> dict[str, Any]:
    """Sum the ingestion up.

    Args:
        selected: The proteins that were clustered, with their `repairs`.
        proteins: The proteins kept.
        annotations: Their annotations.
        concepts: The concepts of these.
        rejected_proteins: Proteins left out.
        rejected_annotations: Features left out.
        leakage_audit: Homology left between train and the rest.

    Returns:
        Nested counts, as JSON can hold them.
    """
    repaired = selected["repairs"].str.split("; ").explode()
    nucleotides = proteins.loc[look_like_nucleotides(proteins["sequence"]), "accession"]
    return {
        "proteins": {
            "read": len(proteins) + int(count_rejects(rejected_proteins).sum()),
            "kept": len(proteins),
            "residues": int(proteins["length"].sum()),
            "repaired": _counts(repaired[repaired != ""]),
            "rejected": _rejected(rejected_proteins),
            "look_like_nucleotides": {
                "n": len(nucleotides),
                "accessions": nucleotides.head(N_NAMED).tolist(),
            },
        },
        "splits": {split: _count_split(proteins[proteins["split"] == split]) for split in SPLITS},
        "annotations": {
            "instances": int(annotations["instance"].nunique()),
            "rejected": _rejected(rejected_annotations),
        },
        "concepts": {
            "found": len(concepts),
            "kept": int(concepts["kept"].sum()),
            "kept_without_test_instance": int(
                (concepts["kept"] & (concepts["n_instances_test"] == 0)).sum()
            ),
        },
        "leakage": {
            split: _sum_leakage_up(leakage_audit[leakage_audit["split"] == split])
            for split in SPLITS[1:]
        },
    }


def _counts(values: "pd.Series[str]") -> dict[str, int]:
    return {str(value): int(count) for value, count in values.value_counts().items()}


def _rejected(rejects: pd.DataFrame) -> dict[str, int]:
    counts = count_rejects(rejects).groupby(rejects["reason"]).sum().sort_values(ascending=False)
    return {str(reason): int(count) for reason, count in counts.items()}


def _count_split(proteins: pd.DataFrame) -> dict[str, int]:
    return {
        "proteins": len(proteins),
        "annotated": int((proteins["origin"] == "annotated").sum()),
        "residues": int(proteins["length"].sum()),
        "clusters": int(proteins["cluster"].nunique()),
    }


def _sum_leakage_up(audit: pd.DataFrame) -> dict[str, float]:
    """Fractions of the held-out proteins, 0 where there is none, and how many MMseqs2 cannot
    judge.
    """
    n_proteins = max(len(audit), 1)
    return {
        "fraction_above_threshold": float(audit["above_threshold"].sum() / n_proteins),
        "fraction_with_any_hit": float((audit["train_accession"] != "").sum() / n_proteins),
        "n_not_judged": int((~audit["judged"]).sum()),
    }
