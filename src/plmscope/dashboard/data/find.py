"""Features that a motif or a protein leads to."""

from __future__ import annotations

import pandas as pd

from plmscope.dashboard.data.run import DashboardData
from plmscope.features.motifs.prosite import as_regex

_GAP = "-"
_LONGEST_NAME = 60
"""Characters; what is longer is a sequence."""


def features_of_motif(data: DashboardData, pattern: str) -> pd.Series:
    """Features in whose train windows a pattern is.

    Args:
        data: The run.
        pattern: In PROSITE's notation.

    Returns:
        In how many of its windows, in words, by feature; the largest share first.

    Raises:
        PatternError: It is no pattern.
    """
    regex = as_regex(pattern)
    motifs = data.later("feature_motifs")
    rows = [] if motifs is None else zip(motifs["feature"], motifs["rows"], strict=True)
    shares = {}
    for feature, windows in rows:
        n = sum(bool(regex.search(window.replace(_GAP, ""))) for window in windows)
        if n and feature in data.listed.index:
            shares[int(feature)] = (n / len(windows), f"in {n} of {len(windows)} windows")
    ordered = sorted(shares.items(), key=lambda item: (-item[1][0], item[0]))
    return pd.Series({feature: said for feature, (_, said) in ordered}, dtype=object)


def features_of_proteins(data: DashboardData, words: str) -> tuple[pd.Series, int]:
    """Features of which proteins are examples.

    Args:
        data: The run.
        words: All of them in accession, entry name, gene names or protein name, in any order.

    Returns:
        The protein and the peak, in words, by feature, the highest peak first; how many proteins
        are so named.
    """
    named = _named(data, words)
    examples = data.examples_in(named["accession"]).sort_values("peak", ascending=False)
    best = examples.drop_duplicates("feature").set_index("feature")
    best = best[best.index.isin(data.listed.index)]
    said = best["accession"] + best["peak"].map(", peak {:.2f}".format)
    return said.astype(object), len(named)


def proteins_named(data: DashboardData, text: str) -> pd.DataFrame:
    """The proteins that a text names and that is neither an accession nor a sequence.

    Args:
        data: The run.
        text: What somebody asked for.

    Returns:
        Their rows; none where it is something else, or names nothing.
    """
    proteins = data.all_proteins
    if text.upper() in proteins.index:
        return proteins.loc[[text.upper()]]
    genes = f" {text.upper()} "
    exact = proteins[
        (" " + proteins["gene_names"].fillna("").str.upper() + " ").str.contains(genes, regex=False)
    ]
    if len(exact):
        return exact
    is_name = len(text) <= _LONGEST_NAME and "\n" not in text
    return _named(data, text) if text and is_name else proteins.iloc[:0]


def _named(data: DashboardData, words: str) -> pd.DataFrame:
    """Proteins with all words, in any order, in accession, entry name, genes or name."""
    found = data.all_proteins
    text = found["accession"]
    for name in ("entry_name", "gene_names", "protein_name"):
        text = text + " " + found[name].fillna("")
    text = text.str.lower()
    for word in words.lower().split():
        found = found[text[found.index].str.contains(word, regex=False)]
    return found
