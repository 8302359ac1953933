"""The page of one feature, drawn as the report and the dashboard draw."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from plmscope.features import (
    annotated_concepts,
    corpus_note,
    facts_html,
    histogram_svg,
    page_templates,
    pairs_html,
    proteins_html,
)

ASSETS = Path(__file__).with_name("assets")
TEMPLATES = page_templates(ASSETS)
N_NEIGHBOURS = 8


class FeaturePages:
    """Draws the pages of features.

    Args:
        table: The feature table, a row a feature.
        pairs: `feature_pairs`.
        examples: `feature_examples`.
        proteins: The proteins.
        annotations: Their annotations.
        n_examples: Example proteins of each feature.
    """

    def __init__(
        self,
        table: pd.DataFrame,
        pairs: pd.DataFrame,
        examples: pd.DataFrame,
        proteins: pd.DataFrame,
        annotations: pd.DataFrame,
        n_examples: int,
    ) -> None:
        self._known = {int(row["feature"]): row for row in table.to_dict("records")}
        self._names = dict(zip(table["feature"], table["name"], strict=True))
        self._proteins = proteins.set_index("accession")
        self._n_examples = n_examples
        self._pairs_of = _rows_by(pairs, "feature")
        self._examples_of = _rows_by(examples, "feature")
        self._annotations_of = _rows_by(annotations, "accession")
        self._nothing = annotations.iloc[:0]

    def draw(self, feature: int, logo: str, why_no_logo: str) -> str:
        """The page of one feature, HTML in which all text is escaped.

        Args:
            feature: Its number.
            logo: Its logo, SVG; "" if it has none.
            why_no_logo: Then why.
        """
        row = {str(name): value for name, value in self._known[feature].items()}
        pairs, examples = self._pairs_of(feature), self._examples_of(feature)
        top = examples[examples["kind"] == "top"].head(self._n_examples)
        annotations = [self._annotations_of(accession) for accession in top["accession"]]
        return TEMPLATES.get_template("feature.html").render(
            row=row,
            facts=facts_html(_facts(row)),
            histogram=histogram_svg(row["histogram"].tolist()),
            logo=logo,
            why_no_logo=why_no_logo,
            pairs=pairs_html(pairs) if len(pairs) else "",
            proteins=proteins_html(
                top,
                self._proteins,
                pd.concat([self._nothing, *annotations]),
                annotated_concepts(pairs),
                with_sequence=False,
            ),
            n_examples=len(top),
            corpus_note=corpus_note(examples),
            near=self._named(row["near"], row["near_cosine"]),
            co_active=self._named(row["co_active"], row["co_activation"]),
        )

    def _named(self, numbers: Any, values: Any) -> list[dict[str, Any]]:
        """Features with what links them to the one on the page."""
        return [
            {"feature": int(number), "value": float(value), "name": self._names[number]}
            for number, value in zip(numbers[:N_NEIGHBOURS], values[:N_NEIGHBOURS], strict=True)
        ]


def _facts(row: dict[str, Any]) -> dict[str, str]:
    facts = {
        "of all proteins": f"{row['fraction_of_proteins']:.1%}",
        "of all residues": f"{row['fraction_of_residues']:.2%}",
        "of a protein's residues, where present": f"{row['fraction_when_present']:.1%}",
        "mean where active": f"{row['mean_when_active']:.2f}",
    }
    if row["rung"]:
        facts["of 5 rungs climbed"] = str(int(row["rung"]))
    if pd.notna(row["effect"]):
        facts["loss without it (nats)"] = f"{row['effect']:+.3f}"
    return facts


def _rows_by(table: pd.DataFrame, column: str) -> Callable[[Any], pd.DataFrame]:
    """The rows of a table with one value in a column, each found at once."""
    table = table.copy(deep=False)
    table.attrs = {}  # what a dataset says of itself is copied with every part of it
    groups = table.groupby(column, sort=False).indices
    empty = table.iloc[:0]
    return lambda value: table.iloc[groups[value]] if value in groups else empty
