"""Which residues carry which concept: sparse labels, made from the annotations of a split."""

import logging
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from jaxtyping import Bool, Int
from scipy.sparse import csr_array

from plmscope.concepts.amino_acids import (
    amino_acid_concepts,
    amino_acid_numbers,
    is_amino_acid,
    without_amino_acids,
)
from plmscope.concepts.errors import ConceptTableError

logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class ConceptLabels:
    """The labels of some proteins, laid end to end.

    Attributes:
        concepts: concept, category, level; a concept's row number is its number everywhere here.
        accessions: Of the proteins, in the order of their rows.
        offsets: Protein i has the residues `offsets[i]` to `offsets[i + 1]`.
        residues: 1 where a residue carries a concept, int32 [n_residues, n_concepts].
        instances: 1 where a residue lies in an instance of a span-level concept, int32
            [n_residues, n_instances]. Overlapping instances each keep their column. Of
            residue-level concepts, each labelled residue counts for itself.
        instance_concept: The concept of each instance.
        annotated: How many annotated instances of each concept each protein has, at either level,
            int32 [n_proteins, n_concepts].
    """

    concepts: pd.DataFrame
    accessions: list[str]
    offsets: Int[np.ndarray, " n_proteins_plus_1"]
    residues: csr_array
    instances: csr_array
    instance_concept: Int[np.ndarray, " n_instances"]
    annotated: csr_array

    @classmethod
    def of_split(
        cls, proteins: pd.DataFrame, annotations: pd.DataFrame, concepts: pd.DataFrame, split: str
    ) -> "ConceptLabels":
        """Label the proteins of one split with the kept concepts and their amino acids.

        Args:
            proteins: The `proteins` table, all splits.
            annotations: The `annotations` table, all splits.
            concepts: The `concepts` table; concepts that are not `kept`, or not in it, are left
                out.
            split: "train", "valid" or "test".

        Raises:
            ConceptTableError: The split has no proteins, a concept is there twice, or an
                annotation is about an unknown protein or a residue outside its protein.
        """
        _refuse_misfits(proteins, annotations, concepts)
        of_split = proteins[proteins["split"] == split]
        if of_split.empty:
            raise ConceptTableError(
                f"No protein is in split {split!r}. Give ingestion more proteins, or another seed."
            )
        return cls.of_proteins(of_split, annotations, concepts)

    @classmethod
    def of_proteins(
        cls, proteins: pd.DataFrame, annotations: pd.DataFrame, concepts: pd.DataFrame
    ) -> "ConceptLabels":
        """Label some proteins with the kept concepts and their amino acids.

        Args:
            proteins: accession, sequence, length.
            annotations: Annotations of these proteins, and maybe of others.
            concepts: The `concepts` table.
        """
        kept = concepts.loc[concepts["kept"], ["concept", "category", "level"]]
        numbered = pd.concat([kept, amino_acid_concepts()], ignore_index=True)
        offsets = np.concatenate([[0], proteins["length"].to_numpy().cumsum()])
        spans = annotations[
            annotations["accession"].isin(proteins["accession"])
            & annotations["concept"].isin(kept["concept"])
        ]
        return cls(
            numbered,
            proteins["accession"].tolist(),
            offsets,
            *_label_residues(proteins, spans, numbered, offsets),
            _count_annotated(proteins, spans, numbered),
        )

    @property
    def n_residues(self) -> int:
        """Residues of all proteins."""
        return int(self.offsets[-1])

    @property
    def n_positive_residues(self) -> Int[np.ndarray, " n_concepts"]:
        """Residues that carry each concept."""
        return self.residues.sum(axis=0, dtype=np.int64)

    @property
    def n_instances(self) -> Int[np.ndarray, " n_concepts"]:
        """Instances of each span-level concept; labelled residues of each residue-level one."""
        n_spans = np.bincount(self.instance_concept, minlength=len(self.concepts))
        return np.where(self.is_span_level, n_spans, self.n_positive_residues)

    @property
    def n_annotated(self) -> Int[np.ndarray, " n_concepts"]:
        """Annotated instances of each concept at either level; of amino acids there are none."""
        return self.annotated.sum(axis=0, dtype=np.int64)

    @property
    def n_annotated_concepts(self) -> int:
        """How many concepts are annotations; the amino acids come after them."""
        return len(without_amino_acids(self.concepts))

    @cached_property
    def is_span_level(self) -> np.ndarray:
        """Whether recall of a concept counts instances, bool [n_concepts]."""
        return (self.concepts["level"] == "span").to_numpy()

    def number_of(self, concept: str) -> int:
        """The number of a concept.

        Raises:
            KeyError: It is not labelled here.
        """
        return int(pd.Index(self.concepts["concept"]).get_loc(concept))

    def marked(self, concept: str) -> Bool[np.ndarray, " n_residues"]:
        """The residues that carry a concept.

        Raises:
            KeyError: It is not labelled here.
        """
        return self.residues[:, [self.number_of(concept)]].toarray().ravel() > 0

    def count_touched(
        self, concept: str, marked: Bool[np.ndarray, " n_residues"]
    ) -> tuple[int, int]:
        """How many instances a concept has, and how many of them have a marked residue.

        Of a residue-level concept these are its residues.
        """
        number = self.number_of(concept)
        if not self.is_span_level[number]:
            positive = self.marked(concept)
            return int(positive.sum()), int((positive & marked).sum())
        members = self.instances[:, np.flatnonzero(self.instance_concept == number)]
        return members.shape[1], int((members.T @ marked > 0).sum())

    @cached_property
    def in_protein(self) -> csr_array:
        """1 where a residue belongs to a protein, int32 [n_proteins, n_residues]."""
        residue = np.arange(self.n_residues)
        return csr_array(
            (np.ones(len(residue), dtype=np.int32), residue, self.offsets),
            shape=(len(self.accessions), len(residue)),
        )

    @cached_property
    def _protein_numbers(self) -> pd.Index:
        return pd.Index(self.accessions)

    def select(self, accessions: list[str]) -> "ConceptLabels":
        """The labels of some of the proteins, in the given order.

        Raises:
            ConceptTableError: A protein is not labelled here.
        """
        proteins = self._protein_numbers.get_indexer(pd.Index(accessions))
        if (proteins < 0).any():
            unknown = accessions[int(np.argmin(proteins))]
            raise ConceptTableError(
                f"Protein {unknown} has no labels: it is not in this split. Select the split's"
                " proteins from the store first."
            )
        first, stop = self.offsets[proteins], self.offsets[proteins + 1]
        rows, _ = expand(first, stop)
        instances = self.instances[rows]
        present = np.unique(instances.indices)
        return ConceptLabels(
            self.concepts,
            accessions,
            np.concatenate([[0], (stop - first).cumsum()]),
            self.residues[rows],
            instances[:, present],
            self.instance_concept[present],
            self.annotated[proteins],
        )

    def rotate(self, shifts: Int[np.ndarray, " n_proteins"]) -> "ConceptLabels":
        """The same labels, moved along each protein by a number of residues, round its end.

        All labels of a protein move together, so that instances keep their lengths, overlaps and
        distances; only their place is new.

        Args:
            shifts: Residues to move by, for each protein.
        """
        length = np.diff(self.offsets)
        start, shift = (np.repeat(part, length) for part in (self.offsets[:-1], shifts))
        rows = start + (np.arange(self.n_residues) - start - shift) % np.repeat(length, length)
        return replace(self, residues=self.residues[rows], instances=self.instances[rows])


def check_concepts(annotations: pd.DataFrame, concepts: pd.DataFrame) -> None:
    """Say where annotations and a table of concepts that somebody has edited do not match.

    Args:
        annotations: The `annotations` table.
        concepts: The `concepts` table.
    """
    absent = annotations.loc[~annotations["concept"].isin(concepts["concept"]), "concept"]
    if len(absent):
        logger.warning(
            "%d annotations are left out: their %d concepts, such as %r, are not in the table of"
            " concepts",
            *(len(absent), absent.nunique(), absent.iloc[0]),
        )
    kept = concepts.loc[concepts["kept"], "concept"]
    unknown = kept[~kept.isin(annotations["concept"])]
    if len(unknown):
        logger.warning(
            "%d kept concepts, such as %r, have no annotation", len(unknown), unknown.iloc[0]
        )


def draw_shifts(
    lengths: Int[np.ndarray, " n_proteins"],
    clusters: Int[np.ndarray, " n_proteins"],
    n_draws: int,
    seed: int,
) -> Int[np.ndarray, "n_draws n_proteins"]:
    """Random rotations of labels, by the same fraction of the length within a homology cluster.

    Homologues share their features and their annotations. Moved apart they would count as
    independent evidence; moved together they do not.

    Args:
        lengths: Residues of each protein.
        clusters: Cluster number of each protein, from 0.
        n_draws: How many rotations of all proteins.
        seed: Of the draw.
    """
    fraction = np.random.default_rng(seed).random((n_draws, int(clusters.max()) + 1))
    return (fraction[:, clusters] * lengths).astype(np.int64)


def expand(
    start: Int[np.ndarray, " n_spans"], stop: Int[np.ndarray, " n_spans"]
) -> tuple[Int[np.ndarray, " n_rows"], Int[np.ndarray, " n_rows"]]:
    """Every row of some spans, and the span that each row belongs to.

    Args:
        start: First row of each span.
        stop: One past the last row of each span.
    """
    length = stop - start
    span = np.repeat(np.arange(len(start)), length)
    first_of_span = length.cumsum() - length
    return np.arange(len(span)) - (first_of_span - start)[span], span


def _label_residues(
    proteins: pd.DataFrame,
    spans: pd.DataFrame,
    concepts: pd.DataFrame,
    offsets: Int[np.ndarray, " n_proteins_plus_1"],
) -> tuple[csr_array, csr_array, Int[np.ndarray, " n_instances"]]:
    """The matrices of residues × concepts and residues × instances, and each instance's concept."""
    number_of = pd.Series(concepts.index, concepts["concept"])
    concept = number_of.loc[spans["concept"]].to_numpy()
    offset = offsets[pd.Index(proteins["accession"]).get_indexer(spans["accession"])]
    row, span = expand(offset + spans["start"].to_numpy() - 1, offset + spans["end"].to_numpy())
    identity = amino_acid_numbers(proteins["sequence"])
    known = np.flatnonzero(identity >= 0)
    residues = _binary(
        np.concatenate([row, known]),
        np.concatenate([concept[span], np.flatnonzero(is_amino_acid(concepts))[identity[known]]]),
        (int(offsets[-1]), len(concepts)),
    )
    is_span = (concepts["level"] == "span").to_numpy()[concept]
    members, number = np.unique(spans["instance"].to_numpy()[is_span], return_inverse=True)
    instance = np.full(len(spans), -1)
    instance[is_span] = number
    instance_concept = np.empty(len(members), dtype=np.int64)
    instance_concept[number] = concept[is_span]
    in_instance = instance[span] >= 0
    instances = _binary(
        row[in_instance], instance[span][in_instance], (int(offsets[-1]), len(members))
    )
    return residues, instances, instance_concept


def _count_annotated(
    proteins: pd.DataFrame, spans: pd.DataFrame, concepts: pd.DataFrame
) -> csr_array:
    """The matrix of proteins × concepts; an instance with several spans, as a bond, counts once."""
    instances = spans.drop_duplicates(["accession", "concept", "instance"])
    protein = pd.Index(proteins["accession"]).get_indexer(pd.Index(instances["accession"]))
    concept = pd.Index(concepts["concept"]).get_indexer(pd.Index(instances["concept"]))
    return csr_array(
        (np.ones(len(instances), dtype=np.int32), (protein, concept)),
        shape=(len(proteins), len(concepts)),
    )


def _binary(
    row: Int[np.ndarray, " n"], column: Int[np.ndarray, " n"], shape: tuple[int, int]
) -> csr_array:
    """A sparse int32 matrix with a 1 at each (row, column), however often it is given."""
    matrix = csr_array((np.ones(len(row), dtype=np.int32), (row, column)), shape=shape)
    matrix.data[:] = 1
    return matrix


def _refuse_misfits(
    proteins: pd.DataFrame, annotations: pd.DataFrame, concepts: pd.DataFrame
) -> None:
    twice = concepts.loc[concepts["concept"].duplicated(), "concept"]
    if len(twice):
        raise ConceptTableError(
            f"The table of concepts has {twice.iloc[0]!r} twice. Names must be unique: give each"
            " level or category its own."
        )
    length = proteins.set_index("accession")["length"].reindex(annotations["accession"])
    length = length.set_axis(annotations.index)
    _refuse(annotations[length.isna()], "the protein is not in the table of proteins")
    inside = (annotations["start"] >= 1) & (annotations["end"] <= length)
    ordered = annotations["start"] <= annotations["end"]
    _refuse(annotations[~(inside & ordered)], "it lies outside the protein's sequence")


def _refuse(misfits: pd.DataFrame, reason: str) -> None:
    if len(misfits):
        first = misfits.iloc[0]
        raise ConceptTableError(
            f"{len(misfits)} annotations cannot be placed. The first is {first['concept']!r} at"
            f" {first['start']}..{first['end']} of {first['accession']}: {reason}."
            " Run ingestion again: kedro run --pipelines ingestion"
        )
