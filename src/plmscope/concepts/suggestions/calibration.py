"""What the precision of a call is stated from, and whether the statement holds."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csr_array

from plmscope.concepts.annotated_proteins import AnnotatedProteins
from plmscope.concepts.suggestions.called_proteins import CalledProteins
from plmscope.concepts.suggestions.precision import HeldOutPrecision
from plmscope.proteins.homology.cluster_counts import count_clusters

N_FOLDS = 5
ALL_OF_TEST = -1
"""The fold of a precision that is measured on every call of test."""
N_BINS = 10
CLUSTERS = ["n_clusters_called", "n_clusters"]
PAIR = ["concept", "category", "level", "feature", "threshold", "longest"]


class CallCalibration(NamedTuple):
    """How precise the calls of each pair are.

    Attributes:
        precision: The steps of each pair's `HeldOutPrecision`, with what makes a call of it
            (`PAIR`), n_clusters_called (the run's homology clusters in which half the members or
            more have a call) of n_clusters, and fold: `ALL_OF_TEST`, or the part of test without
            whose calls it is measured.
        test_calls: concept, feature, accession, fold, start, end, peak, is_true and
            stated_precision: by the calls of the other folds.
    """

    precision: pd.DataFrame
    test_calls: pd.DataFrame


def assign_folds(annotated: AnnotatedProteins) -> pd.Series:
    """The fold of each protein of test by accession: whole homology clusters, drawn at random."""
    cluster = annotated.of_split("test").set_index("accession")["cluster"]
    number, clusters = pd.factorize(cluster, sort=True)
    fold = np.random.default_rng(0).permutation(len(clusters)) % N_FOLDS
    return pd.Series(fold[number], index=cluster.index)


def calibrate_calls(called: CalledProteins, annotated: AnnotatedProteins) -> CallCalibration:
    """Measure the precision of each pair's calls on test, whole and without each fold.

    As a person is shown them: calls of a general concept are left out where a special one is
    called (`drop_general`), here as there.

    Args:
        called: The calls on proteins of all splits.
        annotated: The proteins with their splits and clusters.
    """
    folds = assign_folds(annotated).reindex(called.accessions)
    cluster = annotated.cluster_of.loc[called.accessions].to_numpy()
    n_clusters_called = count_clusters(_has_call(called), cluster)
    n_clusters = len(np.unique(cluster))
    shown = called.without_general()
    steps, tables = [], []
    for number, pair in enumerate(called.pairs.to_dict("records")):
        calls = shown.of_pair(number)
        protein = called.protein_of(calls)
        fold = folds.to_numpy()[protein]
        on_test = np.flatnonzero(~np.isnan(fold))
        peak, is_true = calls.peak[on_test], calls.touch(called.marked(number))[on_test]
        held_out = {
            each: HeldOutPrecision.of_calls(
                peak[fold[on_test] != each], is_true[fold[on_test] != each]
            )
            for each in (ALL_OF_TEST, *range(N_FOLDS))
        }
        steps += [
            precision.steps.assign(
                **{name: pair[name] for name in PAIR},
                n_clusters_called=n_clusters_called[number],
                n_clusters=n_clusters,
                fold=each,
            )
            for each, precision in held_out.items()
        ]
        stated = np.zeros(len(on_test))
        for each in range(N_FOLDS):
            of_fold = fold[on_test] == each
            _, stated[of_fold], _ = held_out[each].at(peak[of_fold])
        offset = called.offsets[protein[on_test]]
        tables.append(
            pd.DataFrame(
                {
                    "concept": pair["concept"],
                    "category": pair["category"],
                    "feature": pair["feature"],
                    "accession": called.accessions[protein[on_test]],
                    "fold": fold[on_test].astype(int),
                    "start": calls.start[on_test] - offset + 1,
                    "end": calls.stop[on_test] - offset,
                    "peak": peak,
                    "is_true": is_true,
                    "stated_precision": stated,
                }
            )
        )
    return CallCalibration(_joined(steps, PRECISION), _joined(tables, TEST_CALLS))


PRECISION = {
    "concept": "str",
    "category": "str",
    "level": "str",
    "feature": "int64",
    "threshold": "float64",
    "longest": "int64",
    "n_clusters_called": "int64",
    "n_clusters": "int64",
    "fold": "int64",
    "lowest_peak": "float64",
    "n_calls": "int64",
    "n_true": "int64",
}
TEST_CALLS = {
    "concept": "str",
    "category": "str",
    "feature": "int64",
    "accession": "str",
    "fold": "int64",
    "start": "int64",
    "end": "int64",
    "peak": "float64",
    "is_true": "bool",
    "stated_precision": "float64",
}


def calibration_by_bin(test_calls: pd.DataFrame) -> pd.DataFrame:
    """Stated against observed precision, in bins of what is stated.

    Args:
        test_calls: As of `calibrate_calls`.

    Returns:
        low and high (of the bin), n_calls, stated and observed precision; bins without a call
        are left out.
    """
    edges = np.linspace(0, 1, N_BINS + 1)
    number = np.clip(np.searchsorted(edges, test_calls["stated_precision"]) - 1, 0, N_BINS - 1)
    by_bin = test_calls.groupby(number)
    return pd.DataFrame(
        {
            "low": edges[:-1][by_bin["feature"].size().index],
            "high": edges[1:][by_bin["feature"].size().index],
            "n_calls": by_bin["feature"].size(),
            "stated": by_bin["stated_precision"].mean(),
            "observed": by_bin["is_true"].mean(),
        }
    ).reset_index(drop=True)


def calibration_error(by_bin: pd.DataFrame) -> float:
    """The mean absolute difference of stated and observed precision, weighted by calls."""
    if by_bin.empty:
        return 0.0
    return float(
        np.average((by_bin["stated"] - by_bin["observed"]).abs(), weights=by_bin["n_calls"])
    )


def _has_call(called: CalledProteins) -> csr_array:
    """Nonzero where a protein has a call of a pair, int32 [n_proteins, n_pairs]."""
    protein, pair = called.protein_of(called.calls), called.calls.pair
    shape = (len(called.accessions), len(called.pairs))
    ones = np.ones(len(pair), dtype=np.int32)
    return csr_array(coo_array((ones, (protein, pair)), shape=shape))


def _joined(tables: list[pd.DataFrame], columns: dict[str, str]) -> pd.DataFrame:
    """One table of the given columns and types, also where there are no rows."""
    joined = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=list(columns))
    return joined[list(columns)].astype(columns)
