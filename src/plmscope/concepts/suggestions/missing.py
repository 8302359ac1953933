"""Where a feature finds its concept and UniProt says nothing: annotations that may be missing."""

import numpy as np
import pandas as pd

from plmscope.activations import ActivationStore
from plmscope.concepts.annotated_proteins import AnnotatedProteins
from plmscope.concepts.counting.labelled_features import labelled_features
from plmscope.concepts.settings import CountingSettings, SuggestionSettings
from plmscope.concepts.suggestions.called_proteins import CalledProteins, call_pairs
from plmscope.concepts.suggestions.precision import HeldOutPrecision
from plmscope.saes.encode import SparseEncoder

RECOVERED = [
    "concept",
    "feature",
    "n_hidden",
    "n_returned",
    "n_calls",
    "stated_precision",
    "observed_precision",
]
PLACE = ["concept", "feature", "accession", "start", "end"]
SUGGESTED = [*PLACE, "peak", "n_test_calls", "precision", "precision_low", "protein_has_concept"]


def suggest_annotations(called: CalledProteins, split_of: pd.Series) -> pd.DataFrame:
    """Rank the calls that touch no annotation of their concept.

    Args:
        called: The calls of the pairs that passed on test, on proteins of all splits.
        split_of: Split by accession.

    Returns:
        concept, feature, accession, start and end (1-based, inclusive), peak; n_test_calls,
        precision and precision_low: how many calls on test peak about as high, which fraction
        of them touches an annotation (`HeldOutPrecision`), and its 95 % lower bound;
        protein_has_concept: whether the protein carries the concept elsewhere. Surest first.
    """
    if called.pairs.empty:
        return pd.DataFrame(columns=SUGGESTED)
    split = split_of.loc[called.accessions].to_numpy()
    tables = []
    for number, pair in enumerate(called.pairs.to_dict("records")):
        calls, marked = called.calls.of_pair(number), called.marked(number)
        protein, is_true = called.protein_of(calls), calls.touch(marked)
        on_test = split[protein] == "test"
        held_out = HeldOutPrecision.of_calls(calls.peak[on_test], is_true[on_test])
        new = np.flatnonzero(~is_true)
        n_calls, precision, low = held_out.at(calls.peak[new])
        carries = np.add.reduceat(marked, called.offsets[:-1]) > 0
        tables.append(
            pd.DataFrame(
                {
                    "concept": pair["concept"],
                    "feature": pair["feature"],
                    "accession": called.accessions[protein[new]],
                    "start": calls.start[new] - called.offsets[protein[new]] + 1,
                    "end": calls.stop[new] - called.offsets[protein[new]],
                    "peak": calls.peak[new],
                    "n_test_calls": n_calls,
                    "precision": precision,
                    "precision_low": low,
                    "protein_has_concept": carries[protein[new]],
                }
            )
        )
    ranked = pd.concat(tables, ignore_index=True)
    order = ["precision_low", "peak", *PLACE]
    ascending = [False, False, *[True] * len(PLACE)]
    return ranked.sort_values(order, ascending=ascending, ignore_index=True)


def hide_instances(
    annotations: pd.DataFrame, settings: SuggestionSettings
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Split annotations into those that stay visible and those that are hidden.

    Args:
        annotations: The `annotations` table.
        settings: Which fraction of each concept's instances to hide; seed.
    """
    instances = annotations.drop_duplicates("instance")
    drawn = instances.groupby("concept")["instance"].sample(
        frac=settings.hidden_fraction, random_state=settings.seed
    )
    is_hidden = annotations["instance"].isin(drawn)
    return annotations[~is_hidden], annotations[is_hidden]


def recover_hidden(
    store: ActivationStore,
    encoder: SparseEncoder,
    annotated: AnnotatedProteins,
    pairs: pd.DataFrame,
    counting: CountingSettings,
    settings: SuggestionSettings,
) -> pd.DataFrame:
    """Test the suggestions: hide annotations of test and count those that come back.

    The precision is stated by the calls on valid, which test has no part in.

    Args:
        store: Activations of valid and test.
        encoder: Gives the features.
        annotated: The proteins, what is known of them, the kept concepts.
        pairs: Those that passed on test, as of `pairs_to_call`.
        counting: Block size.
        settings: What is hidden, and the precision that a suggestion must be stated to have.

    Returns:
        A row per pair: concept, feature, n_hidden and n_returned (instances; residues of a
        residue-level concept), n_calls on test stated precise enough, their mean stated_precision
        and their observed_precision, both 0 without calls.
    """
    valid = annotated.labels("valid")
    visible, hidden = (
        annotated.with_annotations(table).labels("test")
        for table in hide_instances(annotated.annotations, settings)
    )
    stating, called = (
        call_pairs(labelled_features(store, encoder, labels), pairs, counting)
        for labels in (valid, visible)
    )
    of_hidden = hidden.select(called.accessions.tolist())
    rows = []
    for number, pair in enumerate(pairs.to_dict("records")):
        known, calls = stating.calls.of_pair(number), called.calls.of_pair(number)
        held_out = HeldOutPrecision.of_calls(known.peak, known.touch(stating.marked(number)))
        _, precision, _ = held_out.at(calls.peak)
        is_sure = precision >= settings.min_precision
        is_seen = calls.touch(called.marked(number))
        is_true = is_seen | calls.touch(of_hidden.marked(pair["concept"]))
        suggested = calls.cover(is_sure & ~is_seen, of_hidden.n_residues)
        n_hidden, n_returned = of_hidden.count_touched(pair["concept"], suggested)
        rows.append(
            {
                "concept": pair["concept"],
                "feature": pair["feature"],
                "n_hidden": n_hidden,
                "n_returned": n_returned,
                "n_calls": int(is_sure.sum()),
                "stated_precision": float(precision[is_sure].mean()) if is_sure.any() else 0.0,
                "observed_precision": float(is_true[is_sure].mean()) if is_sure.any() else 0.0,
            }
        )
    return pd.DataFrame(rows, columns=RECOVERED)
