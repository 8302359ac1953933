"""Swiss-Prot flat files (`.dat`, `.dat.gz`), through Biopython's parser."""

import re
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd
from Bio import SwissProt
from Bio.SeqFeature import AfterPosition, BeforePosition, UncertainPosition, UnknownPosition

from .annotations import OnBadFeature, WrittenFeature, place_features
from .errors import ProteinTableError
from .feature_cells import concept_name
from .feature_types import FEATURE_TYPES, FeatureType
from .sequences import clean_sequence
from .tables import (
    READ_PROTEIN_COLUMNS,
    REJECT_COLUMNS,
    SAME_ACCESSION,
    Reject,
    UniprotTables,
    make_table,
)
from .text_files import numbered_lines

_TYPE_OF_KEY = {kind.key: kind for kind in FEATURE_TYPES}
_FULL_NAME = re.compile(r"Full=([^;{]+)")
# Before 2014 a feature's evidence was the end of its description.
_OLD_EVIDENCE = re.compile(r"\s*(?:^|\()(?:By similarity|Potential|Probable)\)?\.?$")


def read_swissprot_flat(path: Path | str, on_bad_feature: OnBadFeature = "stop") -> UniprotTables:
    """Read a Swiss-Prot flat file; of several accessions, the first is the protein's.

    Args:
        path: The file, plain or `.gz`, in today's layout or the one before 2019.
        on_bad_feature: What to do with a feature that breaks UniProtKB's syntax.

    Returns:
        Proteins, annotations and rejects, as `read_uniprot_tsv` gives them; `line` is that of an
        entry's first line.

    Raises:
        ProteinTableError: The file cannot be read, or Biopython refuses an entry.
    """
    file = str(path)
    proteins: dict[str, tuple[object, ...]] = {}
    features: list[WrittenFeature] = []
    rejects: list[Reject] = []
    for line, record in _records(Path(path)):
        accession = record.accessions[0]
        cleaned = clean_sequence(record.sequence)
        if accession in proteins:
            rejects.append(Reject(file, line, accession, "AC", accession, SAME_ACCESSION))
        elif cleaned.problem:
            rejects.append(Reject(file, line, accession, "SQ", cleaned.offence, cleaned.problem))
        else:
            proteins[accession] = (
                accession, record.entry_name, _protein_name(record), _gene_names(record),
                str(record.organism).rstrip("."), len(cleaned.residues), cleaned.residues,
                "annotated", "", "", file, line, cleaned.repairs,
            )  # fmt: skip
            features += _features_of(record, line)
    table = make_table(proteins.values(), READ_PROTEIN_COLUMNS)
    annotations, feature_rejects = place_features(features, table, file, on_bad_feature)
    return UniprotTables(
        table,
        annotations,
        pd.concat([make_table(rejects, REJECT_COLUMNS), feature_rejects], ignore_index=True),
    )


def _records(path: Path) -> Iterator[tuple[int, SwissProt.Record]]:
    """The entries, each with the number of its first line."""
    for first_line, text in _entries(path):
        try:
            record = SwissProt.read(StringIO(text))  # type: ignore[no-untyped-call]
            if not record.accessions:
                raise ValueError("it has no accession")
        except (ValueError, IndexError) as error:
            raise ProteinTableError(
                f"{path}, entry at line {first_line}: {error}. "
                "Expected a Swiss-Prot flat-file entry, from its ID line to //."
            ) from error
        yield first_line, record


def _entries(path: Path) -> Iterator[tuple[int, str]]:
    """The text of each entry, up to and with its `//`, and the number of its first line."""
    lines: list[str] = []
    for number, line in numbered_lines(path):
        lines.append(line)
        if line == "//":
            yield number - len(lines) + 1, "\n".join(lines) + "\n"
            lines = []
    if any(line.strip() for line in lines):
        raise ProteinTableError(f"{path}: the last entry has no end (//). Download the file again.")


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
    old_description = _OLD_EVIDENCE.sub("", qualifiers.get("description", "")).rstrip(".")
    return concept_name(qualifiers.get(feature_type.qualifier, old_description), feature_type)


def _protein_name(record: SwissProt.Record) -> str:
    description = str(record.description)
    match = _FULL_NAME.search(description)
    return match[1].strip() if match else description.rstrip(".")


def _gene_names(record: SwissProt.Record) -> str:
    """The first name of each gene."""
    return " ".join(gene["Name"] for gene in record.gene_name if "Name" in gene)
