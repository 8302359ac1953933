"""Where a feature finds its concept and UniProt says nothing: annotations that may be missing."""

from __future__ import annotations

import numpy as np
import pandas as pd
from jaxtyping import Bool

from plmscope.concepts.annotated_proteins import AnnotatedProteins
from plmscope.concepts.settings import SuggestionSettings
from plmscope.concepts.suggestions.called_proteins import CalledProteins
from plmscope.concepts.suggestions.calls import Calls
from plmscope.concepts.suggestions.precision import HeldOutPrecision
from plmscope.concepts.suggestions.regions import PLACE, REGIONS, find_regions
from plmscope.proteins.feature_types import is_pooled
from plmscope.proteins.uniprot import entry_link

STATED = ["n_test_calls", "precision", "precision_low"]
SUGGESTED = [*PLACE, "peak", "n_calls", *STATED, *REGIONS[-3:], "protein_name", "link"]


def suggest_annotations(
    called: CalledProteins, annotated: AnnotatedProteins, settings: SuggestionSettings
) -> pd.DataFrame:
    """Rank the regions where a concept is called and not annotated.

    Args:
        called: The calls of the pairs that passed on test, on proteins of all splits.
        annotated: These proteins, with everything that is annotated in them.
        settings: Whether pooled concepts are suggested; what becomes of explained regions.

    Returns:
        The columns of `find_regions`, with n_test_calls, precision and precision_low: how many
        calls on test peak about as high as the region, which fraction of them touches an annotation
        (`HeldOutPrecision`), and its 95 % lower bound; protein_name; link, to the entry. Those that
        no annotation explains come first, the surest of them first.
    """
    split = annotated.split_of.loc[called.accessions].to_numpy()
    chosen = pairs_to_suggest(called, settings)
    stated = state_precision(chosen, split == "test")
    regions = with_precision(find_regions(chosen, annotated.annotations), stated)
    names = annotated.proteins.set_index("accession")["protein_name"]
    table = regions.assign(
        protein_name=regions["accession"]
        .map(names)
        .fillna("")
        .astype(str)
        .str.split(" (", regex=False)
        .str[0],
        link=regions["accession"].map(entry_link).astype(object),
    )[SUGGESTED]
    if settings.explained == "left out":
        table = table[~table["is_explained"].astype(bool)]
    order = ["is_explained", "precision_low", "peak", *PLACE]
    ascending = [True, False, False, *[True] * len(PLACE)]
    return table.sort_values(order, ascending=ascending, ignore_index=True)


def pairs_to_suggest(called: CalledProteins, settings: SuggestionSettings) -> CalledProteins:
    """The calls without those of pooled concepts, unless these are wanted.

    Args:
        called: Calls of any pairs.
        settings: Whether pooled concepts are wanted.
    """
    if settings.pooled or called.pairs.empty:
        return called
    kept = np.flatnonzero(~is_pooled(called.pairs["concept"]))
    is_kept = np.isin(called.calls.pair, kept)
    pair, *others = (column[is_kept] for column in called.calls)
    return called._replace(
        calls=Calls(np.searchsorted(kept, pair), *others),
        pairs=called.pairs.iloc[kept].reset_index(drop=True),
    )


def state_precision(
    called: CalledProteins, held_out: Bool[np.ndarray, " n_proteins"]
) -> dict[str, HeldOutPrecision]:
    """How often the calls of each concept are right on proteins that chose nothing.

    Args:
        called: The calls.
        held_out: Which of the called proteins state it.
    """
    stated = {}
    for number, concept in enumerate(called.pairs["concept"]):
        calls = called.calls.of_pair(number)
        states = held_out[called.protein_of(calls)]
        is_true = calls.touch(called.marked(number))
        stated[concept] = HeldOutPrecision.of_calls(calls.peak[states], is_true[states])
    return stated


def with_precision(regions: pd.DataFrame, stated: dict[str, HeldOutPrecision]) -> pd.DataFrame:
    """The regions with n_test_calls, precision and precision_low.

    Args:
        regions: concept, peak.
        stated: By concept.
    """
    parts = [regions.iloc[:0].assign(n_test_calls=0, precision=0.0, precision_low=0.0)]
    for concept, group in regions.groupby("concept", sort=False):
        figures = stated[str(concept)].at(group["peak"].to_numpy())
        parts.append(group.assign(**dict(zip(STATED, figures, strict=True))))
    filled = [part for part in parts if len(part)] or parts
    return pd.concat(filled, ignore_index=True)
