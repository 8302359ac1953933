"""Swiss-Prot flat files (`.dat`), plain or gzipped, through Biopython's parser."""

import re
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from Bio import SwissProt
from Bio.SeqFeature import AfterPosition, BeforePosition, UncertainPosition, UnknownPosition

from plmscope.proteins.annotations import OnBadFeature, WrittenFeature, place_features
from plmscope.proteins.errors import ProteinTableError
from plmscope.proteins.feature_types import FEATURE_TYPES, FeatureType
from plmscope.proteins.reading.feature_cells import concept_name, naming_qualifiers
from plmscope.proteins.reading.rejects import (
    RejectLog,
    refuse_if_all_rejected,
    warn_of_repeated,
)
from plmscope.proteins.reading.sequences import clean_sequence
from plmscope.proteins.reading.text_files import numbered_lines
from plmscope.proteins.tables import (
    READ_PROTEIN_COLUMNS,
    REJECT_COLUMNS,
    WRONG_LENGTH,
    Reject,
    UniprotTables,
    make_table,
    refuse_again,
)

_TYPE_OF_KEY = {kind.key: kind for kind in FEATURE_TYPES}
_READ = ("ID ", "AC ", "DE ", "GN ", "OS ", "FT ", "SQ ", "  ", "//")
"""What the lines begin with that something is read from."""
_EVIDENCE = re.compile(r"\s*\{[^}]*\}")
_FULL_NAME = re.compile(r"Full=([^;{]+)")
# Before 2014 a feature's evidence was the end of its description.
_OLD_EVIDENCE = re.compile(r"\s*(?:^|\()(?:By similarity|Potential|Probable)\)?\.?$")


class SwissprotEntries(NamedTuple):
    """The entries of a flat file, their features not yet placed.

    Attributes:
        file: Where they come from, for messages.
        proteins: `READ_PROTEIN_COLUMNS`; `line` is that of an entry's first line.
        features: Of these proteins.
        rejects: `REJECT_COLUMNS`, a row for each entry that was left out.
    """

    file: str
    proteins: pd.DataFrame
    features: list[WrittenFeature]
    rejects: pd.DataFrame


def read_swissprot_flat(path: Path | str, on_bad_feature: OnBadFeature = "stop") -> UniprotTables:
    """Read a Swiss-Prot flat file; of several accessions, the first is the protein's.

    Args:
        path: The file, plain or gzipped, in today's layout or an older one.
        on_bad_feature: What to do with a feature that breaks UniProtKB's syntax.

    Returns:
        Proteins, annotations and rejects, as `read_uniprot_tsv` gives them.

    Raises:
        ProteinTableError: The file cannot be read, Biopython refuses an entry, or all entries are
            rejected.
    """
    return place_swissprot_entries(read_swissprot_entries(path), on_bad_feature)


def read_swissprot_entries(path: Path | str) -> SwissprotEntries:
    """Read the entries of a flat file; see `read_swissprot_flat`."""
    file = str(path)
    proteins: dict[str, tuple[object, ...]] = {}
    sequences: dict[str, str] = {}
    features: list[WrittenFeature] = []
    rejects: list[Reject] = []
    for line, record in _records(Path(path)):
        accession = record.accessions[0]
        cleaned = clean_sequence(record.sequence)
        n_residues, n_told = len(cleaned.residues), record.sequence_length
        if accession in proteins:
            fault = ("AC", accession, refuse_again(cleaned.residues, sequences[accession]))
        elif cleaned.problem:
            fault = ("SQ", cleaned.offence, cleaned.problem)
        elif n_told != n_residues:
            fault = ("SQ", f"{n_told}, found {n_residues}", WRONG_LENGTH)
        else:
            sequences[accession] = cleaned.residues
            proteins[accession] = (
                accession, record.entry_name, _protein_name(record), _gene_names(record),
                str(record.organism).rstrip("."), n_residues, cleaned.residues,
                "annotated", "", "", file, line, cleaned.repairs,
            )  # fmt: skip
            features += _features_of(record, line)
            continue
        rejects.append(Reject(file, line, accession, *fault))
    warn_of_repeated(RejectLog.of(rejects), len(proteins))
    return SwissprotEntries(
        file,
        make_table(proteins.values(), READ_PROTEIN_COLUMNS),
        features,
        make_table(rejects, REJECT_COLUMNS),
    )


def empty_swissprot_entries() -> SwissprotEntries:
    """No entry."""
    return SwissprotEntries(
        "", make_table([], READ_PROTEIN_COLUMNS), [], make_table([], REJECT_COLUMNS)
    )


def place_swissprot_entries(
    entries: SwissprotEntries,
    on_bad_feature: OnBadFeature = "stop",
    max_rejected_fraction: float = 1.0,
) -> UniprotTables:
    """Place the features of a flat file's entries; see `read_swissprot_flat`."""
    refuse_if_all_rejected(entries.proteins, entries.rejects)
    annotations, feature_rejects = place_features(
        entries.features, entries.proteins, entries.file, on_bad_feature, max_rejected_fraction
    )
    rejects = pd.concat([entries.rejects, feature_rejects], ignore_index=True)
    return UniprotTables(entries.proteins, annotations, rejects)


def _records(path: Path) -> Iterator[tuple[int, SwissProt.Record]]:
    """The entries, each with the number of its first line."""
    for first_line, text in _entries(path):
        try:
            record = SwissProt.read(StringIO(text))  # type: ignore[no-untyped-call]
            if not record.accessions:
                raise ValueError("it has no accession (AC)")
            if not record.seqinfo:
                raise ValueError("it has no sequence (SQ)")
        except (ValueError, IndexError, KeyError, AssertionError) as error:
            raise ProteinTableError(
                f"{path}, entry at line {first_line}: {error or type(error).__name__}. "
                "Expected a Swiss-Prot flat-file entry, from its ID line to //."
            ) from error
        yield first_line, record


def _entries(path: Path) -> Iterator[tuple[int, str]]:
    """The text of each entry, up to and with its `//`, and the number of its first line.

    White space at the ends of lines and empty lines are layout; lines that nothing is read from
    are left out, so that none of them can stop the reading.
    """
    lines: list[str] = []
    first = 0
    for number, line in numbered_lines(path):
        line = line.rstrip()
        if not line:
            continue
        if line.startswith("ID   ") == bool(lines):
            raise ProteinTableError(_not_an_entry(path, number, line, first if lines else None))
        if not lines:
            first = number
        if line.startswith(_READ):
            lines.append(line)
        if line == "//":
            yield first, "\n".join(_with_named_genes(lines)) + "\n"
            lines = []
    if lines:
        raise ProteinTableError(
            f"{path}: the last entry, at line {first}, has no end (//). Download the file again."
        )


def _not_an_entry(path: Path, number: int, line: str, first: int | None) -> str:
    if first is not None:
        return (
            f"{path}, line {number}: another entry begins, but the one at line {first} has no end"
            " (//). Download the file again."
        )
    return (
        f'{path}, line {number}: "{line[:40]}" stands where an entry of a Swiss-Prot flat file must'
        " begin, with ID. Give a flat file (.dat); a table is uniprot_table, FASTA corpus_fasta."
    )


def _with_named_genes(lines: list[str]) -> Iterator[str]:
    """The lines of an entry, with gene names in the way that came in 2004.

    Before, they were `GN   (ABC1 OR ABC2) AND DEF.` over one or more lines; Biopython reads only
    `GN   Name=ABC1; Synonyms=ABC2;`, with the other gene after a line `GN   and`.
    """
    old = [line[5:] for line in lines if line.startswith("GN   ")]
    if not old or "=" in "".join(old):
        yield from lines
        return
    genes = " ".join(old).rstrip(".").split(" AND ")
    names = (gene.strip("() ").split(" OR ")[0] for gene in genes)
    new = "\nGN   and\n".join(f"GN   Name={name};" for name in names)
    for line in lines:
        if not line.startswith("GN   "):
            yield line
        elif new:
            yield new
            new = ""


def _features_of(record: SwissProt.Record, line: int) -> Iterator[WrittenFeature]:
    for feature in record.features:
        if feature_type := _TYPE_OF_KEY.get(feature.type):
            yield WrittenFeature(
                line,
                record.accessions[0],
                feature_type,
                _position_text(feature.location),
                _name_of(feature.qualifiers, feature_type),
            )


def _position_text(location: Any) -> str:
    """A Biopython location (0-based, end excluded) in UniProtKB's syntax."""
    start, end = _end_text(location.start, 1), _end_text(location.end, 0)
    isoform = f"{location.ref}:" if location.ref else ""
    return f"{isoform}{start}..{end}"


def _end_text(position: Any, offset: int) -> str:
    if isinstance(position, UnknownPosition):
        return "?"
    marks = {BeforePosition: "<", AfterPosition: ">", UncertainPosition: "?"}
    return f"{marks.get(type(position), '')}{int(position) + offset}"


def _name_of(qualifiers: dict[str, str], feature_type: FeatureType) -> str:
    """What the feature's qualifier, or in old files its description, names."""
    if feature_type.qualifier is None:
        return ""
    for name in naming_qualifiers(feature_type):
        if name in qualifiers:
            return concept_name(qualifiers[name], name, feature_type)
    old_description = _OLD_EVIDENCE.sub("", qualifiers.get("description", "")).rstrip(".")
    return concept_name(old_description, "note", feature_type)


def _protein_name(record: SwissProt.Record) -> str:
    description = str(record.description)
    match = _FULL_NAME.search(description)
    return match[1].strip() if match else description.rstrip(".")


def _gene_names(record: SwissProt.Record) -> str:
    """The first name of each gene."""
    names = (gene["Name"] for gene in record.gene_name if "Name" in gene)
    return " ".join(_EVIDENCE.sub("", name) for name in names)
