"""Overlap counts as a folder of three Parquet tables."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd
from kedro.io import AbstractDataset

from plmscope import concepts
from plmscope.files import write_then_rename

TABLES = ("concepts", "features", "pairs")


class OverlapCountsDataset(AbstractDataset["concepts.OverlapCounts", "concepts.OverlapCounts"]):
    """Saves and loads `OverlapCounts` in their sparse long form.

    The folder holds concepts.parquet, features.parquet and pairs.parquet, as described at
    `OverlapCounts.to_tables`.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        """Point at a folder.

        Args:
            filepath: The folder.
            metadata: For kedro-viz.
        """
        self._filepath = PurePosixPath(filepath)
        self.metadata = metadata

    @property
    def _folder(self) -> Path:
        return Path(self._filepath)

    def load(self) -> concepts.OverlapCounts:
        """Read the three tables."""
        return concepts.OverlapCounts.from_tables(
            {name: pd.read_parquet(self._folder / f"{name}.parquet") for name in TABLES}
        )

    def save(self, data: concepts.OverlapCounts) -> None:
        """Write the three tables; a reader sees all of them or none."""
        with write_then_rename(self._folder) as folder:
            folder.mkdir()
            for name, table in data.to_tables().items():
                table.to_parquet(folder / f"{name}.parquet", index=False)

    def _exists(self) -> bool:
        return self._folder.is_dir()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}
