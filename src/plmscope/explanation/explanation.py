"""What was found in somebody's sequences: tables, a page, and a folder that holds both."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from plmscope.atlas import AtlasIdentity
from plmscope.disk.csv import as_csv
from plmscope.disk.files import write_sealed_json, write_then_rename
from plmscope.disk.parquet import write_parquet
from plmscope.explanation.errors import QueryError

TABLES = (
    "proteins", "calls", "features", "positions", "nearest", "concept_shares", "feature_shares",
    "rejects",
)  # fmt: skip
PAGE = "explanation.html"
FACTS = "explanation.json"


@dataclass(frozen=True, eq=False, repr=False)
class Explanation:
    """What a PLM's layer holds about some sequences, as one SAE reads it.

    Attributes:
        identity: Of the atlas.
        proteins: protein, length, accession (of the run's own protein that it is; "" if it is
            none), split (of that), precision_from (what the precision of its calls was measured
            on), n_windows, n_calls, n_false (how many of them may be false: the sum of
            1 - precision), sequence.
        calls: The concepts called: protein, concept, category, start, end (1-based, inclusive),
            peak, feature, threshold, precision (of held-out calls of about that peak),
            precision_low (its 95 % lower bound), n_held_out_calls (behind it).
        features: What stands out in each protein: rank, feature, name ("" if it has none), peak,
            position (of the peak), where (it is above half the peak), surprise (bits, corrected
            for length), fraction_of_proteins (of the run, where it is active), known_proteins.
        positions: The strongest features of each residue, of the first proteins.
        nearest: The run's proteins with the most similar feature profile.
        concept_shares: Of several sequences: how many have each concept, against the run's.
        feature_shares: The same of each feature.
        rejects: What was left out, and why.
        drawn: protein, position, feature, activation of the features that the page draws.
        peaks: protein, feature, peak of the features that are on, for the heat map.
    """

    identity: AtlasIdentity
    proteins: pd.DataFrame
    calls: pd.DataFrame
    features: pd.DataFrame
    positions: pd.DataFrame
    nearest: pd.DataFrame
    concept_shares: pd.DataFrame
    feature_shares: pd.DataFrame
    rejects: pd.DataFrame
    drawn: pd.DataFrame
    peaks: pd.DataFrame

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """The tables that are written, by name."""
        return {name: getattr(self, name) for name in TABLES}

    def in_words(self) -> str:
        """What was found, in a sentence or two."""
        n_false = self.proteins["n_false"].sum()
        left_out = f" Left out: {len(self.rejects)}, see rejects." if len(self.rejects) else ""
        return (
            f"Proteins: {len(self.proteins)}, with {len(self.calls)} calls of"
            f" {self.calls['concept'].nunique()} concepts, of which about {n_false:.0f} may be"
            f" false.{left_out}"
        )

    def __repr__(self) -> str:
        return f"<Explanation: {self.in_words()}>"

    def to_html(self) -> str:
        """One page that needs no other file and no network."""
        from plmscope.explanation.page.page import render_page

        return render_page(self)

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from plmscope.explanation.page.page import render_fragment

        return render_fragment(self)

    def save(self, folder: str | Path) -> Path:
        """Write all tables as Parquet and CSV, and the page; whole or not at all.

        Args:
            folder: Where to; an earlier explanation there is replaced.

        Returns:
            The page.

        Raises:
            QueryError: The folder cannot be written, or holds something else.
        """
        folder = Path(folder).expanduser()
        refuse_output(folder)
        with write_then_rename(folder) as temporary:
            temporary.mkdir()
            for name, table in self.tables.items():
                write_parquet(table, temporary / f"{name}.parquet")
                (temporary / f"{name}.csv").write_text(as_csv(table), encoding="utf-8")
            (temporary / PAGE).write_text(self.to_html(), encoding="utf-8")
            facts = {
                "atlas": self.identity.model_dump(mode="json"),
                "n_proteins": len(self.proteins),
                "n_rejects": len(self.rejects),
            }
            write_sealed_json(temporary / FACTS, facts)
        return folder / PAGE


def refuse_output(folder: Path) -> None:
    """Refuse a folder that cannot be written, or that holds what is no earlier explanation.

    Raises:
        QueryError: Naming the folder.
    """
    parent = next(above for above in folder.absolute().parents if above.exists())
    if not (parent.is_dir() and os.access(parent, os.W_OK)):
        raise QueryError(f"{folder} cannot be written in {parent}. Name another folder.")
    if folder.is_file():
        raise QueryError(f"{folder} is a file. Name a folder for the output.")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / FACTS).exists():
        raise QueryError(
            f"{folder} holds other files, which would be lost. Name a new folder for the output."
        )
