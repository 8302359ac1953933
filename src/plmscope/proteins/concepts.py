"""The concepts that a set of annotations holds, and which of them can be analysed."""

import pandas as pd

from plmscope.proteins.feature_types import is_pooled
from plmscope.proteins.settings import ConceptSettings
from plmscope.proteins.tables import SPLITS

_COUNTS = ("instances", "residues", "proteins")


def tabulate_concepts(
    annotations: pd.DataFrame, proteins: pd.DataFrame, settings: ConceptSettings
) -> pd.DataFrame:
    """Count every concept in every split and say whether it is kept.

    Only the counts in valid decide, so that the choice of concepts cannot leak from test. A pool
    that is the same as its only sub-concept is not kept. A kept concept without an instance in
    test carries a remark in `reason`.

    Args:
        annotations: Annotations (`ANNOTATION_COLUMNS`).
        proteins: accession, split.
        settings: The counts in valid that a concept needs.

    Returns:
        One row a concept, in order of name: concept, category, level,
        n_{instances,residues,proteins}_{train,valid,test}, kept, reason.
    """
    rows = annotations.merge(proteins[["accession", "split"]], on="accession")
    by_concept_and_split = rows.groupby(["concept", "split"])
    counts = {
        "instances": by_concept_and_split["instance"].nunique(),
        "residues": _count_residues(rows),
        "proteins": by_concept_and_split["accession"].nunique(),
    }
    wide = pd.DataFrame(
        {
            f"n_{count}_{split}": values[values.index.get_level_values("split") == split].droplevel(
                "split"
            )
            for count, values in counts.items()
            for split in SPLITS
        }
    ).fillna(0)
    names = rows[["concept", "category", "level"]].drop_duplicates("concept")
    concepts = names.merge(wide.astype("int64").reset_index(names="concept"), on="concept")
    concepts = concepts.sort_values("concept", ignore_index=True)
    return _decide(concepts, settings)


def _count_residues(rows: pd.DataFrame) -> "pd.Series[int]":
    """Residues that carry a concept, each once where instances overlap, per concept and split."""
    by_protein = ["concept", "split", "accession"]
    ordered = rows.sort_values([*by_protein, "start"])
    furthest_end = ordered.groupby(by_protein)["end"].cummax()
    covered_until = furthest_end.groupby([ordered[key] for key in by_protein]).shift(fill_value=0)
    first_new = ordered["start"].clip(lower=covered_until + 1)
    ordered["n_new"] = (ordered["end"] - first_new + 1).clip(lower=0)
    return ordered.groupby(["concept", "split"])["n_new"].sum()


def _decide(concepts: pd.DataFrame, settings: ConceptSettings) -> pd.DataFrame:
    reason = pd.Series("", index=concepts.index, dtype="str")
    kept = pd.Series(True, index=concepts.index)
    for count in _COUNTS:
        needed = getattr(settings, f"min_{count}")
        found = concepts[f"n_{count}_valid"]
        too_few = kept & (found < needed)
        reason[too_few] = found[too_few].astype("str") + f" {count} in valid, {needed} needed"
        kept &= ~too_few
    twin = _twin_of_pool(concepts)
    is_twin = kept & (twin != "")
    reason[is_twin] = "the same as " + twin[is_twin]
    kept &= ~is_twin
    reason[kept & (concepts["n_instances_test"] == 0)] = "no instance in test: cannot be tested"
    return concepts.assign(kept=kept, reason=reason)


def _twin_of_pool(concepts: pd.DataFrame) -> "pd.Series[str]":
    """For a pool whose instances all belong to one sub-concept, that concept; "" otherwise."""
    total = concepts[[f"n_instances_{split}" for split in SPLITS]].sum(axis=1)
    is_pool = is_pooled(concepts["concept"])
    parts = concepts.assign(total=total)[~is_pool].sort_values("total", kind="stable")
    largest = parts.drop_duplicates("category", keep="last").set_index("category")
    category = concepts["category"]
    is_twin = is_pool & (category.map(largest["total"]) == total)
    return category.map(largest["concept"]).where(is_twin, "").astype("str")
