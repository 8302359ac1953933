"""An explanation as one self-contained page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from plmscope.explanation.explanation import Explanation
from plmscope.explanation.page.heat_map import N_SEQUENCES, heat_map_svg
from plmscope.explanation.page.protein_map import protein_map_svg
from plmscope.features import STYLE, colour_key_svg, page_templates
from plmscope.proteins.uniprot import is_accession

N_PROTEINS = 50
"""Proteins shown one by one; the tables have all."""
N_ROWS = 30
"""Rows of the tables of shares that are shown."""

_TEMPLATES = page_templates(Path(__file__).with_name("templates"))


def render_page(explanation: Explanation) -> str:
    """HTML that needs no other file and no network."""
    return _TEMPLATES.get_template("page.html").render(_content(explanation))


def render_fragment(explanation: Explanation) -> str:
    """The same without the frame of a page, as a notebook shows it."""
    return _TEMPLATES.get_template("fragment.html").render(_content(explanation))


def _content(explanation: Explanation) -> dict[str, Any]:
    shown = explanation.proteins.head(N_PROTEINS)
    n_proteins = len(explanation.proteins)
    return {
        "style": STYLE,
        "identity": explanation.identity,
        "facts": _facts(explanation),
        "in_words": explanation.in_words(),
        "proteins": [_protein(row, explanation) for row in shown.to_dict("records")],
        "n_proteins": n_proteins,
        "concept_shares": explanation.concept_shares.head(N_ROWS).to_dict("records"),
        "feature_shares": explanation.feature_shares.head(N_ROWS).to_dict("records"),
        "n_feature_shares": len(explanation.feature_shares),
        "heat_map": _heat_map(explanation),
        "n_in_heat_map": min(n_proteins, N_SEQUENCES),
        "rejects": explanation.rejects.head(N_ROWS).to_dict("records"),
        "n_rejects": len(explanation.rejects),
        "key": colour_key_svg(),
        "is_accession": is_accession,
    }


def _facts(explanation: Explanation) -> dict[str, str]:
    calls = explanation.calls
    facts = {
        "proteins": f"{len(explanation.proteins):,}",
        "concepts called": str(calls["concept"].nunique()),
        "calls": f"{len(calls):,}",
        "of which may be false": f"{explanation.proteins['n_false'].sum():.1f}",
    }
    if len(explanation.rejects):
        facts["left out"] = f"{len(explanation.rejects):,}"
    return facts


def _protein(protein: dict[Any, Any], explanation: Explanation) -> dict[str, Any]:
    name = protein["protein"]
    calls, features, nearest, values = (
        table[table["protein"] == name]
        for table in (
            explanation.calls,
            explanation.features,
            explanation.nearest,
            explanation.drawn,
        )
    )
    return {str(key): value for key, value in protein.items()} | {
        "map": protein_map_svg(protein["length"], _surest(calls), features, values),
        "calls": _surest(calls).to_dict("records"),
        "features": features.to_dict("records"),
        "nearest": nearest.assign(
            recommended_name=nearest["protein_name"].str.partition(" (")[0]
        ).to_dict("records"),
    }


def _surest(calls: pd.DataFrame) -> pd.DataFrame:
    """The calls, those of the surest concept first."""
    best = calls.groupby("concept")["precision_low"].transform("max")
    return calls.assign(best=best).sort_values(
        ["best", "concept", "start"], ascending=[False, True, True]
    )


def _heat_map(explanation: Explanation) -> str:
    if explanation.feature_shares.empty:
        return ""
    return heat_map_svg(
        explanation.peaks, explanation.feature_shares, explanation.proteins["protein"].tolist()
    )
