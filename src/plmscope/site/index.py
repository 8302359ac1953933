"""What the browser knows of all features at once, to list and to search them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

N_WINDOWS = 8
"""Train windows in which a typed motif is looked for."""
_TEXTS = ["name", "category", "pattern", "motif", "description"]


def index_of_features(table: pd.DataFrame, pairs: pd.DataFrame) -> dict[str, Any]:
    """The columns of the list of features that fire.

    Args:
        table: The feature table.
        pairs: `feature_pairs`: the concepts by which a feature is found.

    Returns:
        By column, a value a feature: feature; texts; family, module; numbers, of the concepts that
        it goes along with best; f1 (test, of its name; None without one), proteins (fraction of
        all), rung, x and y. And under "concepts" what the numbers mean.
    """
    names = pd.Index(pairs["concept"].unique())
    best = pairs.groupby("feature")["concept"].agg(list)
    own = best.reindex(table["feature"])
    return {
        "features": table["feature"].tolist(),
        **{name: table[name].fillna("").astype(str).tolist() for name in _TEXTS},
        "family": _groups(table, "family"),
        "module": _groups(table, "module"),
        "numbers": [
            [int(names.get_loc(concept)) for concept in concepts]
            if isinstance(concepts, list)
            else []
            for concepts in own
        ],
        "concepts": names.tolist(),
        "f1": _rounded(table["test_f1"], 3),
        "proteins": _rounded(table["fraction_of_proteins"], 4),
        "rung": table["rung"].fillna(0).astype(int).tolist(),
        "x": _rounded(table["x"], 2),
        "y": _rounded(table["y"], 2),
    }


def index_of_windows(motifs: pd.DataFrame, alive: pd.Series) -> dict[str, list[str]]:
    """The train windows of each feature, in which the browser looks for a typed motif.

    Args:
        motifs: `feature_motifs`.
        alive: The features that fire.
    """
    shown = motifs[motifs["feature"].isin(alive) & (motifs["rows"].str.len() > 0)]
    return {
        str(feature): [row.replace("-", "") for row in rows[:N_WINDOWS]]
        for feature, rows in zip(shown["feature"], shown["rows"], strict=True)
    }


def index_of_proteins(
    examples: pd.DataFrame, proteins: pd.DataFrame, alive: pd.Series
) -> list[dict[str, Any]]:
    """The example proteins, each with the features that it is an example of.

    Args:
        examples: `feature_examples`.
        proteins: Their names.
        alive: The features that fire.
    """
    shown = examples[examples["feature"].isin(alive)]
    best = shown.sort_values(["accession", "peak"], ascending=[True, False]).drop_duplicates(
        ["accession", "feature"]
    )
    known = proteins.set_index("accession")
    rows = []
    for accession, of_protein in best.groupby("accession", sort=True):
        protein = known.loc[str(accession)]
        rows.append(
            {
                "accession": accession,
                "names": " ".join(
                    str(protein[name]) for name in ("entry_name", "protein_name", "gene_names")
                ),
                "features": of_protein["feature"].tolist(),
                "peaks": _rounded(of_protein["peak"], 2),
            }
        )
    return rows


def _groups(table: pd.DataFrame, kind: str) -> list[str]:
    """The family or module of each feature as it is searched for; "" for none."""
    return [
        f"{kind} {number}: {name}" if number >= 0 else ""
        for number, name in zip(table[kind], table[f"{kind}_name"].fillna(""), strict=True)
    ]


def _rounded(values: pd.Series, digits: int) -> list[float | None]:
    """Numbers, None where one is missing."""
    rounded = np.round(values.to_numpy(dtype=float), digits)
    return [None if np.isnan(value) else value for value in rounded.tolist()]
