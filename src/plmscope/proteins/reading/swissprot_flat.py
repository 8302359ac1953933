"""Swiss-Prot flat files (`.dat`), through Biopython's parser."""

import re
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any, Literal, NamedTuple

from Bio import SwissProt
from Bio.SeqFeature import AfterPosition, BeforePosition, UncertainPosition, UnknownPosition

from plmscope.proteins.annotations import WrittenFeature
from plmscope.proteins.errors import ProteinTableError
from plmscope.proteins.feature_types import FEATURE_TYPES, FeatureType
from plmscope.proteins.reading.feature_cells import concept_name, naming_qualifiers
from plmscope.proteins.reading.text_files import numbered_lines
from plmscope.proteins.reading.uniprot_pass import (
    FieldNames,
    UniprotChunk,
    UniprotLog,
    UniprotPass,
    WrittenProtein,
    gather,
)
from plmscope.proteins.settings import IngestionSettings
from plmscope.proteins.tables import UniprotTables

_TYPE_OF_KEY = {kind.key: kind for kind in FEATURE_TYPES}
_READ = ("ID ", "AC ", "DE ", "GN ", "OS ", "FT ", "SQ ", "  ", "//")
"""What the lines begin with that something is read from."""
_EVIDENCE = re.compile(r"\s*\{[^}]*\}")
_FULL_NAME = re.compile(r"Full=([^;{]+)")
# Before 2014 a feature's evidence was the end of its description.
_OLD_EVIDENCE = re.compile(r"\s*(?:^|\()(?:By similarity|Potential|Probable)\)?\.?$")


class SwissprotFlat(NamedTuple):
    """A Swiss-Prot flat file that has not been read yet.

    Attributes:
        path: Where it is; None for no file.
    """

    path: Path | None

    def chunks(self, settings: IngestionSettings, log: UniprotLog) -> Iterator[UniprotChunk]:
        """Its proteins, see `swissprot_flat_chunks`; none where there is no file."""
        return iter(()) if self.path is None else swissprot_flat_chunks(self.path, settings, log)


def read_swissprot_flat(
    path: Path | str, on_bad_feature: Literal["stop", "reject"] = "stop"
) -> UniprotTables:
    """Read a Swiss-Prot flat file; of several accessions, the first is the protein's.

    Args:
        path: The file, plain, gzipped or as zstd, in today's layout or an older one.
        on_bad_feature: What to do with a feature that breaks UniProtKB's syntax.

    Returns:
        Proteins, annotations and rejects, as `read_uniprot_tsv` gives them.

    Raises:
        ProteinTableError: The file cannot be read, Biopython refuses an entry, or all entries are
            rejected.
    """
    settings = IngestionSettings(on_bad_feature=on_bad_feature, max_rejected_fraction=1)
    log = UniprotLog()
    return gather(swissprot_flat_chunks(Path(path), settings, log), log)


def swissprot_flat_chunks(
    path: Path, settings: IngestionSettings, log: UniprotLog
) -> Iterator[UniprotChunk]:
    """Read a Swiss-Prot flat file in one pass and in little memory.

    Args:
        path: Where it is.
        settings: What to do with a bad feature.
        log: Told of what is left out.

    Yields:
        Proteins and annotations as of `read_swissprot_flat`, some proteins at a time; `line` is
        that of an entry's first line.

    Raises:
        ProteinTableError: As of `read_swissprot_flat`.
    """
    fields = FieldNames(accession="AC", sequence="SQ", length="SQ")
    return UniprotPass(str(path), fields, settings, log).chunks(_proteins(path))


def _proteins(path: Path) -> Iterator[WrittenProtein]:
    for line, record in _records(path):
        yield WrittenProtein(
            line,
            record.accessions[0],
            (
                str(record.entry_name),
                _protein_name(record),
                _gene_names(record),
                str(record.organism).rstrip("."),
            ),
            record.sequence,
            str(record.sequence_length),
            cluster="",
            split="",
            features=_features_of(record, line),
        )


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
