"""Overlap counts as a folder of three Parquet tables and a file of their checksums."""

from __future__ import annotations

from pathlib import Path

from plmscope import concepts
from plmscope.datasets.files.folder import VersionedFolder
from plmscope.disk.files import (
    local_copy,
    read_sealed_json,
    sha256_of_file,
    write_sealed_json,
    write_then_rename,
)
from plmscope.disk.parquet import read_parquet, write_parquet
from plmscope.errors import DamagedFileError

REMEDY = "Count again: kedro run --pipelines concept_analysis"


class OverlapCountsDataset(VersionedFolder["concepts.OverlapCounts", "concepts.OverlapCounts"]):
    """Saves and loads `OverlapCounts` in their sparse long form.

    The folder holds concepts.parquet, features.parquet and pairs.parquet, as described at
    `OverlapCounts.to_tables`, and counts.json: the sha256 of each, and `made_from`.
    """

    def load(self) -> concepts.OverlapCounts:
        """Read the three tables.

        Raises:
            DamagedFileError: A file is missing, or not what was written.
        """
        with local_copy(self._load_place) as folder:
            return _read(folder)

    def save(self, data: concepts.OverlapCounts) -> None:
        """Write the four files; a reader sees all of them or none."""
        with write_then_rename(self._save_place) as folder:
            folder.mkdir()
            digests = {}
            for name, table in data.to_tables().items():
                write_parquet(table, folder / f"{name}.parquet")
                digests[name] = sha256_of_file(folder / f"{name}.parquet")
            facts = {"made_from": data.made_from, "tables": digests}
            write_sealed_json(folder / "counts.json", facts)


def _read(folder: Path) -> concepts.OverlapCounts:
    try:
        facts = read_sealed_json(folder / "counts.json", REMEDY)
        tables = {
            name: read_parquet(_verified(folder / f"{name}.parquet", digest), REMEDY)
            for name, digest in facts["tables"].items()
        }
    except FileNotFoundError as error:
        raise DamagedFileError(f"{error.filename} is missing. {REMEDY}") from error
    return concepts.OverlapCounts.from_tables(tables, facts["made_from"])


def _verified(path: Path, digest: str) -> Path:
    """The path of a table whose bytes are those that were written."""
    if sha256_of_file(path) != digest:
        raise DamagedFileError(f"{path} is damaged: its checksum does not fit. {REMEDY}")
    return path
