"""The headline of a concept analysis, beside its controls."""

from typing import Any

import pandas as pd

from plmscope.concepts.amino_acids import is_amino_acid
from plmscope.concepts.scoring.best_pairs import best_pairs, hold_on_test
from plmscope.concepts.scoring.headline import count_found_by_bound, summarise
from plmscope.parameters import Record

SIGNIFICANT_Q = 0.05


class Sums(Record):
    """What the pairs of some features with some concepts add up to; only counted pairs."""

    n_concepts: int
    """Concepts with a pair."""

    n_found: int
    """Those whose best pair has a test F1 above `GOOD_F1`."""

    mean_valid_f1: float
    """Mean F1 of the best pairs on valid, where they were chosen."""

    mean_test_f1: float
    """The same pairs on test."""

    mean_test_f1_per_residue: float
    """The same, with the recall of residues instead of instances."""

    n_pairs_above_half: int
    """Pairs, best or not, with F1 above `GOOD_F1` on valid and on test."""

    n_features_above_half: int
    """The features in them."""

    n_concepts_above_half: int
    """The concepts in them."""


class Headline(Sums):
    """The same of features whose best pairs have intervals."""

    n_found_by_bound: int
    """Concepts found by the lower end of their interval, see `count_found_by_bound`."""

    @classmethod
    def of_pairs(cls, pairs: pd.DataFrame, best: pd.DataFrame) -> "Headline":
        """Add up scored pairs.

        Args:
            pairs: All of them, as of `score_pairs`.
            best: The best pair of each concept, as of `add_intervals`.
        """
        return cls(**_add_up(pairs), n_found_by_bound=count_found_by_bound(best))


class ConceptSummary(Record):
    """The `concept_summary` dataset."""

    sae: Headline
    """The SAE's headline."""

    controls: dict[str, Headline]
    """The same of each control."""

    amino_acids: Sums
    """What the SAE's pairs with the twenty amino acids, a baseline family, add up to."""

    n_pairs_tested: int
    """Pairs of annotated concepts with a p-value."""

    n_pairs_significant: int
    """Those with a q-value below 0.05."""

    fraction_leaked: dict[str, float]
    """Fraction of the proteins of valid and test with a hit in train above the threshold."""

    concepts_without_pair: list[str]
    """Kept concepts that no feature touches on valid."""

    concepts_without_test_instance: list[str]
    """Reported concepts that test cannot score."""


def summarise_concepts(
    pair_scores: pd.DataFrame,
    concept_report: pd.DataFrame,
    controls: dict[str, Headline],
    concepts: pd.DataFrame,
    leakage_audit: pd.DataFrame,
) -> ConceptSummary:
    """Add up a concept analysis.

    Args:
        pair_scores: All pairs.
        concept_report: The best pairs.
        controls: The headline of each control.
        concepts: Which concepts are kept.
        leakage_audit: Which held-out proteins resemble a train protein.
    """
    is_baseline = is_amino_acid(pair_scores)
    annotated, amino_acids = pair_scores[~is_baseline], pair_scores[is_baseline]
    kept = concepts.loc[concepts["kept"], "concept"]
    untested = concept_report["test_n_instances"] == 0
    return ConceptSummary(
        sae=Headline.of_pairs(annotated, concept_report),
        controls=controls,
        amino_acids=Sums(**_add_up(amino_acids)),
        n_pairs_tested=len(annotated),
        n_pairs_significant=int((annotated["q_value"] < SIGNIFICANT_Q).sum()),
        fraction_leaked={
            str(split): float(rows["above_threshold"].mean())
            for split, rows in leakage_audit.groupby("split")
        },
        concepts_without_pair=sorted(set(kept) - set(concept_report["concept"])),
        concepts_without_test_instance=concept_report.loc[untested, "concept"].tolist(),
    )


def _add_up(pairs: pd.DataFrame) -> dict[str, Any]:
    """The fields of `Sums`."""
    above = hold_on_test(pairs[pairs["counted"]])
    return summarise(best_pairs(pairs)) | {
        "n_pairs_above_half": len(above),
        "n_features_above_half": above["feature"].nunique(),
        "n_concepts_above_half": above["concept"].nunique(),
    }
