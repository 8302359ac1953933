"""Tables as a Kedro dataset: Parquet written whole, with checksums that are verified."""

from __future__ import annotations

import reprlib
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
from kedro_datasets._typing import TablePreview
from kedro_datasets.pandas.parquet_dataset import ParquetDataset

from plmscope.datasets.files.versions import Placed
from plmscope.disk.files import local_copy
from plmscope.disk.parquet import read_parquet, write_parquet

REMEDY = "Run the pipeline that makes it again."


class TableDataset(Placed, ParquetDataset):
    """A Parquet file; its arguments are those of `pandas.ParquetDataset`.

    Example:
        ```yaml
        proteins:
          type: plmscope.datasets.files.table.TableDataset
          filepath: data/03_primary/proteins.parquet
        ```
    """

    def load(self) -> pd.DataFrame:
        """Read the table, and verify it."""
        return read_parquet(self._load_place, REMEDY, **self._load_args)

    def save(self, data: pd.DataFrame) -> None:
        """Write the table, whole or not at all."""
        write_parquet(data, self._save_place, **self._save_args)
        self._invalidate_cache()

    def preview(self, nrows: int = 5) -> TablePreview:
        """The first rows, for kedro-viz, which cannot show lists: these become shortened text.

        Args:
            nrows: How many.
        """
        with local_copy(self._load_place) as local, pq.ParquetFile(local) as file:
            rows = next(file.iter_batches(batch_size=nrows), None)
            columns = file.schema_arrow.names
        cells = [] if rows is None else [list(row.values()) for row in rows.to_pylist()]
        shown = [list(map(_as_shown, row)) for row in cells]
        return TablePreview({"index": list(range(len(shown))), "columns": columns, "data": shown})


class OptionalTableDataset(TableDataset):
    """A table that a later pipeline makes, and that the report shows once it is there.

    Before that it is a table without columns, of which its schema (`may_lack`) makes one without
    rows.
    """

    def load(self) -> pd.DataFrame:
        """Read and verify the table; an empty one if none was made yet."""
        return super().load() if self._exists() else pd.DataFrame()

    def resolve_load_version(self) -> str | None:
        """The newest version; None before the first."""
        return super().resolve_load_version() if self._get_versions() else None


def _as_shown(cell: Any) -> Any:
    return reprlib.repr(cell) if isinstance(cell, list) else cell
