"""What the report says of features: sentences, logos, patterns, families, missing annotations."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float

from plmscope.features.motifs.motif import feature_logo
from plmscope.features.patterns.classes import PATTERNS, WITHOUT_PATTERN

N_UNNAMED = 10
"""Features without a name that the report draws at random and shows."""
N_OF_CONCEPT = 8
"""Missing annotations shown of each concept."""
N_FAMILIES = 25


def draw_unnamed(feature_table: pd.DataFrame, n: int = N_UNNAMED, seed: int = 0) -> list[int]:
    """Features without a name, drawn at random among those with a pattern.

    Args:
        feature_table: name, pattern of each feature.
        n: How many.
        seed: Of the draw.
    """
    candidates = feature_table[
        (feature_table["name"] == "") & ~feature_table["pattern"].isin(WITHOUT_PATTERN)
    ]
    drawn = candidates["feature"].sample(min(n, len(candidates)), random_state=seed)
    return sorted(drawn.tolist())


def describe(
    feature: int,
    feature_table: pd.DataFrame,
    motifs: pd.DataFrame,
    background: Float[np.ndarray, " 20"],
) -> dict[str, str]:
    """The sentence and the logo of one feature; the logo "" where it has none.

    Args:
        feature: Its number.
        feature_table: In order of features.
        motifs: `feature_motifs`, in order of features.
        background: How common each amino acid is in the run's proteins.
    """
    return {
        "description": str(feature_table["description"].iloc[feature]),
        "logo": feature_logo(feature, motifs, background),
        "why_no_logo": str(motifs["why_none"].iloc[feature]),
    }


def count_patterns(feature_table: pd.DataFrame) -> list[dict[str, Any]]:
    """How many features have each pattern, a motif, a name; one row a pattern.

    Args:
        feature_table: pattern, motif, name.
    """
    rows = []
    for pattern in PATTERNS:
        of_pattern = feature_table[feature_table["pattern"] == pattern]
        if len(of_pattern):
            rows.append(
                {
                    "pattern": pattern,
                    "n": len(of_pattern),
                    "share": len(of_pattern) / len(feature_table),
                    "motif": int((of_pattern["motif"] != "").sum()),
                    "named": int((of_pattern["name"] != "").sum()),
                }
            )
    return rows


def largest_families(families: pd.DataFrame) -> dict[str, list[dict[Hashable, Any]]]:
    """The largest families of each kind.

    Args:
        families: `feature_families`.
    """
    return {
        str(kind): rows.nlargest(N_FAMILIES, "size").to_dict("records")
        for kind, rows in families.groupby("kind", sort=False)
    }


def missing_by_concept(missing: pd.DataFrame, recovered: pd.DataFrame) -> list[dict[str, Any]]:
    """The first missing annotations of each concept, the concept with the surest first.

    Args:
        missing: `missing_annotations`.
        recovered: `recovered_annotations`.
    """
    tested = recovered.set_index("concept")[["n_hidden", "n_returned"]]
    sections: list[dict[str, Any]] = []
    for concept, rows in missing.groupby("concept", sort=False):
        unexplained = rows[~rows["is_explained"].astype(bool)]
        figures = tested.reindex([concept], fill_value=0).iloc[0].to_dict()
        section: dict[str, Any] = {
            "concept": concept,
            "n": len(unexplained),
            "n_explained": len(rows) - len(unexplained),
            "rows": unexplained.head(N_OF_CONCEPT).to_dict("records"),
        }
        section.update({str(name): value for name, value in figures.items()})
        sections.append(section)
    return [section for section in sections if section["rows"]]


def facts_of_descriptions(feature_table: pd.DataFrame) -> dict[str, str]:
    """How many features can be described, for a row of figures.

    Args:
        feature_table: pattern, motif, family, module.
    """
    n = len(feature_table)
    has = {
        "of the features have a pattern": ~feature_table["pattern"].isin(WITHOUT_PATTERN),
        "have a motif": feature_table["motif"] != "",
        "are in a family of decoder directions": feature_table["family"] >= 0,
        "are in a module of co-activation": feature_table["module"] >= 0,
    }
    return {label: f"{np.sum(which) / max(n, 1):.0%}" for label, which in has.items()}
