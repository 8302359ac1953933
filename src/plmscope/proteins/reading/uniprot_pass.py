"""One pass over a UniProtKB file of any size: what the readers of tables and flat files share."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

import pandas as pd

from plmscope.proteins.annotations import FeaturePlacement, WrittenFeature, order_by_protein
from plmscope.proteins.reading.rejects import RejectLog, refuse_if_all_rejected, warn_of_repeated
from plmscope.proteins.reading.seen import SeenAccessions
from plmscope.proteins.reading.sequences import clean_sequence
from plmscope.proteins.settings import IngestionSettings
from plmscope.proteins.tables import (
    READ_PROTEIN_COLUMNS,
    WRONG_LENGTH,
    Reject,
    UniprotTables,
    make_table,
    refuse_again,
)

logger = logging.getLogger(__name__)

PROTEINS_AT_ONCE = 2_000
MISSING = {"", "nan", "na", "n/a", "none", "null"}
"""What other programs write into empty cells, without regard to case."""


class WrittenProtein(NamedTuple):
    """A protein as a file has it: nothing cleaned, nothing parsed.

    Args:
        line: Where in the file.
        accession: "" for none.
        names: Entry name, protein name, gene names, organism.
        sequence: As it is written.
        length: As it is told; "" where it is not.
        cluster: The given homology cluster, or "".
        split: The given split, or "".
        features: Its features; asked for only if the protein is sound.
    """

    line: int
    accession: str
    names: tuple[str, str, str, str]
    sequence: str
    length: str
    cluster: str
    split: str
    features: Iterable[WrittenFeature]


class FieldNames(NamedTuple):
    """What the file calls the fields that a protein may be rejected for."""

    accession: str
    sequence: str
    length: str


class UniprotChunk(NamedTuple):
    """Some proteins of a file, and their annotations.

    Args:
        proteins: `READ_PROTEIN_COLUMNS`.
        annotations: `ANNOTATION_COLUMNS`; no other chunk of the file has their instances.
    """

    proteins: pd.DataFrame
    annotations: pd.DataFrame


class UniprotLog:
    """What is known of a file that is read in one pass, beside the proteins of the moment.

    Attributes:
        rejects: Its proteins that were left out.
        rejected_features: Features of the others that were left out.
        seen: The accessions of the others.
    """

    def __init__(self) -> None:
        self.rejects, self.rejected_features = RejectLog(), RejectLog()
        self.seen = SeenAccessions()


class UniprotPass:
    """Makes tables of a file's proteins, some at a time.

    Args:
        file: Its name, for messages.
        fields: What it calls its fields.
        settings: What to do with bad features.
        log: Told of what is left out.
    """

    def __init__(
        self, file: str, fields: FieldNames, settings: IngestionSettings, log: UniprotLog
    ) -> None:
        self._file, self._fields, self._log = file, fields, log
        self._placement = FeaturePlacement(file, settings, log.rejected_features)

    @property
    def n_features(self) -> int:
        """Features so far, whether they could be placed or not."""
        return self._placement.n_features

    def chunks(self, written: Iterable[WrittenProtein]) -> Iterator[UniprotChunk]:
        """Clean the sequences and place the features.

        Args:
            written: The proteins of the file.

        Yields:
            The sound ones, of `PROTEINS_AT_ONCE`; none at all where there is no protein.

        Raises:
            ProteinTableError: A feature breaks the syntax and is not to be rejected, or too many
                of a column are, or all proteins are rejected.
        """
        proteins = iter(written)
        n_annotations = 0
        while some := list(islice(proteins, PROTEINS_AT_ONCE)):
            chunk = self._read(some)
            n_annotations += len(chunk.annotations)
            yield chunk
        n_proteins, rejects = len(self._log.seen), self._log.rejects
        warn_of_repeated(rejects, n_proteins)
        refuse_if_all_rejected(self._log.seen, rejects.table())
        self._placement.judge()
        logger.info(
            "%s: %d proteins and %d annotations read, %d proteins and %d features rejected",
            self._file, n_proteins, n_annotations, rejects.count(),
            self._log.rejected_features.count(),
        )  # fmt: skip

    def _read(self, written: list[WrittenProtein]) -> UniprotChunk:
        sound, features = [], []
        earlier = self._log.seen.find([protein.accession for protein in written])
        new: dict[int, int] = {}
        for protein, of_earlier in zip(written, earlier, strict=True):
            cleaned = clean_sequence(protein.sequence)
            n_residues, own = len(cleaned.residues), hash(cleaned.residues)
            known = new.get(hash(protein.accession), of_earlier)
            if not protein.accession:
                fault = (self._fields.accession, "", "no accession")
            elif known is not None:
                fault = (self._fields.accession, protein.accession, refuse_again(own, known))
            elif cleaned.problem:
                fault = (self._fields.sequence, cleaned.offence, cleaned.problem)
            elif not _is_length(protein.length, n_residues):
                told = f"{protein.length}, found {n_residues}"
                fault = (self._fields.length, told, WRONG_LENGTH)
            else:
                new[hash(protein.accession)] = own
                sound.append(
                    (protein.accession, *protein.names, n_residues, cleaned.residues, "annotated",
                     protein.cluster, protein.split, self._file, protein.line, cleaned.repairs)
                )  # fmt: skip
                features.append(protein.features)
                continue
            self._log.rejects.add(Reject(self._file, protein.line, protein.accession, *fault))
        self._log.seen.add(new)
        table = make_table(sound, READ_PROTEIN_COLUMNS)
        written_features = (feature for of_one in features for feature in of_one)
        return UniprotChunk(table, self._placement.place(written_features, table))


def gather(chunks: Iterable[UniprotChunk], log: UniprotLog) -> UniprotTables:
    """All of a file in memory.

    Args:
        chunks: Of the file.
        log: That of the reading.
    """
    proteins, annotations = zip(*chunks, strict=True)
    return UniprotTables(
        pd.concat(proteins, ignore_index=True),
        order_by_protein(pd.concat(annotations, ignore_index=True)),
        pd.concat([log.rejects.table(), log.rejected_features.table()], ignore_index=True),
    )


def _is_length(text: str, n_residues: int) -> bool:
    """Whether a told length is so: none, 60, 60.0 (pandas, of a column with gaps) or 1,060."""
    plain = text.strip().replace(",", "")
    if plain == str(n_residues) or plain.casefold() in MISSING:
        return True
    try:
        return float(plain) == n_residues
    except ValueError:
        return False
