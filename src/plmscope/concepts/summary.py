"""The headline of a concept analysis, beside its controls."""

import pandas as pd

from plmscope.concepts.labels import AMINO_ACID_CATEGORY
from plmscope.concepts.report import GOOD_F1, best_pairs, summarise
from plmscope.parameters import Parameters

SIGNIFICANT_Q = 0.05


class Headline(Parameters):
    """What the best pairs of the concepts add up to.

    Args:
        n_concepts: Concepts with a pair.
        n_found: Those whose best pair has a test F1 above `GOOD_F1`.
        mean_valid_f1: Mean F1 of the best pairs on valid, where they were chosen.
        mean_test_f1: The same pairs on test.
    """

    n_concepts: int
    n_found: int
    mean_valid_f1: float
    mean_test_f1: float


class ConceptSummary(Parameters):
    """The `concept_summary` dataset.

    Args:
        sae: The SAE's headline.
        controls: The same of each control.
        amino_acids: The SAE's headline on the twenty amino acids, a baseline family.
        n_pairs_tested: Pairs of annotated concepts with a p-value.
        n_pairs_significant: Those with a q-value below 0.05.
        n_pairs_above_half: Pairs with F1 above `GOOD_F1` on valid and on test.
        n_features_above_half: The features in them.
        n_concepts_above_half: The concepts in them.
        share_leaked: Share of the proteins of valid and test with a hit in train above the cut.
        concepts_without_pair: Kept concepts that no feature touches on valid.
        concepts_without_test_instance: Reported concepts that test cannot score.
    """

    sae: Headline
    controls: dict[str, Headline]
    amino_acids: Headline
    n_pairs_tested: int
    n_pairs_significant: int
    n_pairs_above_half: int
    n_features_above_half: int
    n_concepts_above_half: int
    share_leaked: dict[str, float]
    concepts_without_pair: list[str]
    concepts_without_test_instance: list[str]


def summarise_concepts(
    pair_scores: pd.DataFrame,
    concept_report: pd.DataFrame,
    control_report: pd.DataFrame,
    concepts: pd.DataFrame,
    leakage_audit: pd.DataFrame,
) -> ConceptSummary:
    """Add up the tables of the same names."""
    is_amino_acid = pair_scores["category"] == AMINO_ACID_CATEGORY
    annotated, amino_acids = pair_scores[~is_amino_acid], pair_scores[is_amino_acid]
    above = annotated[(annotated["valid_f1"] > GOOD_F1) & (annotated["test_f1"] > GOOD_F1)]
    kept = concepts.loc[concepts["kept"], "concept"]
    untested = concept_report["test_n_instances"] == 0
    headlines = {
        str(control): Headline(**summarise(rows))
        for control, rows in control_report.groupby("control", sort=False)
    }
    return ConceptSummary(
        sae=headlines.pop("sae"),
        controls=headlines,
        amino_acids=Headline(**summarise(best_pairs(amino_acids))),
        n_pairs_tested=len(annotated),
        n_pairs_significant=int((annotated["q_value"] < SIGNIFICANT_Q).sum()),
        n_pairs_above_half=len(above),
        n_features_above_half=above["feature"].nunique(),
        n_concepts_above_half=above["concept"].nunique(),
        share_leaked={
            str(split): float(rows["above_cut"].mean())
            for split, rows in leakage_audit.groupby("split")
        },
        concepts_without_pair=sorted(set(kept) - set(concept_report["concept"])),
        concepts_without_test_instance=concept_report.loc[untested, "concept"].tolist(),
    )
