"""Regions where a concept is called and not annotated, and what is annotated there instead."""

from __future__ import annotations

import numpy as np
import pandas as pd
from jaxtyping import Bool, Int

from plmscope.concepts.suggestions.called_proteins import CalledProteins
from plmscope.concepts.suggestions.calls import Calls
from plmscope.proteins.feature_types import is_pooled, sibling_group

PLACE = ["concept", "feature", "accession", "start", "end"]
REGIONS = [*PLACE, "peak", "n_calls", "annotated_as", "is_explained", "protein_has_concept"]
_SECONDARY_STRUCTURE = ("Helix", "Beta strand", "Turn")


def find_regions(called: CalledProteins, annotations: pd.DataFrame) -> pd.DataFrame:
    """Where each pair calls its concept and no annotation of the concept is touched.

    Calls nearer to each other than instances of the concept usually are long are one region: one
    row for the repeats of a propeller, not seven.

    Args:
        called: The calls.
        annotations: All that is known of the proteins, kept concepts or not.

    Returns:
        concept, feature, accession, start and end (1-based, inclusive), peak (the highest), n_calls
        (joined), annotated_as (other annotations there, those of the same category first),
        is_explained (there is one of the same category, or of a sibling: see `sibling_group`),
        protein_has_concept.
    """
    parts = [_regions_of(called, number) for number in range(len(called.pairs))]
    if not parts:
        return pd.DataFrame(columns=REGIONS)
    regions = pd.concat(parts, ignore_index=True)
    return regions.join(_what_stands_there(regions, annotations))[REGIONS]


def rows_of(
    regions: pd.DataFrame, called: CalledProteins
) -> tuple[Int[np.ndarray, " n_regions"], Int[np.ndarray, " n_regions"]]:
    """First row of each region among the called proteins, and one past its last.

    Args:
        regions: accession, start, end.
        called: Whose rows.
    """
    first = called.offsets[pd.Index(called.accessions).get_indexer(regions["accession"])]
    return first + regions["start"].to_numpy() - 1, first + regions["end"].to_numpy()


def _regions_of(called: CalledProteins, number: int) -> pd.DataFrame:
    pair, marked = called.pairs.iloc[number], called.marked(number)
    calls = called.calls.of_pair(number)
    is_new = ~calls.touch(marked)
    new = Calls(*(column[is_new] for column in calls))
    protein = called.protein_of(new)
    first = np.flatnonzero(_begins(new, protein, int(pair["longest"])))
    last = np.append(first[1:], len(new.start))[: len(first)] - 1
    carries = np.add.reduceat(marked, called.offsets[:-1]) > 0
    where = protein[first]
    return pd.DataFrame(
        {
            "concept": pair["concept"],
            "category": pair["category"],
            "feature": pair["feature"],
            "accession": called.accessions[where],
            "start": new.start[first] - called.offsets[where] + 1,
            "end": new.stop[last] - called.offsets[where],
            "peak": np.maximum.reduceat(new.peak, first) if len(first) else new.peak,
            "n_calls": np.diff(first, append=len(new.start)),
            "protein_has_concept": carries[where],
        }
    )


def _begins(
    calls: Calls, protein: Int[np.ndarray, " n_calls"], longest: int
) -> Bool[np.ndarray, " n_calls"]:
    """Whether each call begins a region: it is in another protein, or far from the call before."""
    begins = np.ones(len(calls.start), dtype=bool)
    begins[1:] = (np.diff(protein) != 0) | (calls.start[1:] - calls.stop[:-1] > longest)
    return begins


def _what_stands_there(regions: pd.DataFrame, annotations: pd.DataFrame) -> pd.DataFrame:
    """annotated_as and is_explained of each region."""
    named = annotations[
        ~is_pooled(annotations["concept"]) & ~annotations["category"].isin(_SECONDARY_STRUCTURE)
    ]
    place = ["accession", "category", "start", "end"]
    pairs = (
        regions[place]
        .assign(region=regions.index)
        .merge(named[[*place, "concept"]], on="accession", suffixes=("", "_there"))
    )
    overlaps = (pairs["start"] <= pairs["end_there"]) & (pairs["start_there"] <= pairs["end"])
    there = pairs[overlaps].assign(
        is_same=lambda table: (
            sibling_group(table["category"]) == sibling_group(table["category_there"])
        )
    )
    there = there.sort_values(["region", "is_same", "concept"], ascending=[True, False, True])
    there = there.drop_duplicates(["region", "concept"])
    by_region = there.groupby("region")
    return pd.DataFrame(
        {
            "annotated_as": by_region["concept"].agg("; ".join).reindex(regions.index).fillna(""),
            "is_explained": by_region["is_same"].any().reindex(regions.index, fill_value=False),
        }
    )
