"""Proteins with what is known of their residues: what every comparison with concepts needs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from plmscope.concepts.labels import ConceptLabels

if TYPE_CHECKING:
    from plmscope.activations import ActivationStore

HELD_OUT = ("valid", "test")


@dataclass(frozen=True, eq=False)
class AnnotatedProteins:
    """The three tables that ingestion makes, which mean something only together.

    Attributes:
        proteins: Sequences, splits and homology clusters, a row a protein.
        annotations: What is known of their residues, a row an annotated stretch.
        concepts: Which concepts are kept, a row a concept.
    """

    proteins: pd.DataFrame
    annotations: pd.DataFrame
    concepts: pd.DataFrame

    @cached_property
    def cluster_of(self) -> pd.Series:
        """Homology cluster by accession."""
        return self.proteins.set_index("accession")["cluster"]

    @cached_property
    def split_of(self) -> pd.Series:
        """Split by accession."""
        return self.proteins.set_index("accession")["split"]

    def of_split(self, split: str) -> pd.DataFrame:
        """The rows of `proteins` in one split."""
        return self.proteins[self.proteins["split"] == split]

    def labels(self, split: str) -> ConceptLabels:
        """The labels of one split.

        Raises:
            ConceptTableError: See `ConceptLabels.of_split`.
        """
        return ConceptLabels.of_split(self.proteins, self.annotations, self.concepts, split)

    def held_out_labels(self) -> dict[str, ConceptLabels]:
        """The labels of valid and of test."""
        return {split: self.labels(split) for split in HELD_OUT}

    def select(self, origin: str) -> AnnotatedProteins:
        """The proteins that come from one place.

        Args:
            origin: "annotated" or "corpus", which has no annotations.
        """
        proteins = self.proteins[self.proteins["origin"] == origin]
        return AnnotatedProteins(proteins, self.annotations, self.concepts)

    def stored_in(self, store: ActivationStore) -> AnnotatedProteins:
        """Those that a store can have: none of the corpus where that is not stored."""
        return self if store.manifest.corpus else self.select("annotated")

    def all_labels(self) -> ConceptLabels:
        """The labels of all proteins."""
        return ConceptLabels.of_proteins(self.proteins, self.annotations, self.concepts)

    def with_annotations(self, annotations: pd.DataFrame) -> AnnotatedProteins:
        """The same proteins and concepts, with other annotations."""
        return AnnotatedProteins(self.proteins, annotations, self.concepts)
