"""Overlap counts as a folder of three Parquet tables and a file of their checksums."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

from kedro.io import AbstractVersionedDataset, DatasetError, Version

from plmscope import concepts
from plmscope.datasets.files.versions import LocalVersions
from plmscope.disk.files import (
    read_sealed_json,
    sha256_of_file,
    write_sealed_json,
    write_then_rename,
)
from plmscope.disk.parquet import read_parquet, write_parquet
from plmscope.errors import DamagedFileError

REMEDY = "Count again: kedro run --pipelines concept_analysis"


class OverlapCountsDataset(
    LocalVersions, AbstractVersionedDataset["concepts.OverlapCounts", "concepts.OverlapCounts"]
):
    """Saves and loads `OverlapCounts` in their sparse long form.

    The folder holds concepts.parquet, features.parquet and pairs.parquet, as described at
    `OverlapCounts.to_tables`, and counts.json: the sha256 of each, and `made_from`.
    """

    def __init__(
        self,
        *,
        filepath: str,
        version: Version | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Point at a folder.

        Args:
            filepath: The folder; with versions, they lie below it.
            version: Kedro's version.
            metadata: For kedro-viz.
        """
        super().__init__(PurePosixPath(filepath), version)
        self.metadata = metadata

    def load(self) -> concepts.OverlapCounts:
        """Read the three tables.

        Raises:
            DamagedFileError: A file is missing, or not what was written.
        """
        folder = Path(self._get_load_path())
        try:
            facts = read_sealed_json(folder / "counts.json", REMEDY)
            tables = {
                name: read_parquet(_verified(folder / f"{name}.parquet", digest), REMEDY)
                for name, digest in facts["tables"].items()
            }
        except FileNotFoundError as error:
            raise DamagedFileError(f"{error.filename} is missing. {REMEDY}") from error
        return concepts.OverlapCounts.from_tables(tables, facts["made_from"])

    def save(self, data: concepts.OverlapCounts) -> None:
        """Write the four files; a reader sees all of them or none."""
        with write_then_rename(Path(self._get_save_path())) as folder:
            folder.mkdir()
            digests = {}
            for name, table in data.to_tables().items():
                write_parquet(table, folder / f"{name}.parquet")
                digests[name] = sha256_of_file(folder / f"{name}.parquet")
            facts = {"made_from": data.made_from, "tables": digests}
            write_sealed_json(folder / "counts.json", facts)

    def _exists(self) -> bool:
        try:
            return Path(self._get_load_path()).is_dir()
        except DatasetError:
            return False

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath), "version": self._version}


def _verified(path: Path, digest: str) -> Path:
    """The path of a table whose bytes are those that were written."""
    if sha256_of_file(path) != digest:
        raise DamagedFileError(f"{path} is damaged: its checksum does not fit. {REMEDY}")
    return path
