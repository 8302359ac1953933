"""Tables as a Kedro dataset: Parquet written whole, with checksums that are verified."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from kedro_datasets.pandas.parquet_dataset import ParquetDataset

from plmscope.parquet import read_parquet, write_parquet

REMEDY = "Run the pipeline that makes it again."


class TableDataset(ParquetDataset):
    """A local Parquet file; its arguments are those of `pandas.ParquetDataset`.

    Example:
        ```yaml
        proteins:
          type: plmscope.datasets.table.TableDataset
          filepath: data/03_primary/proteins.parquet
        ```
    """

    def load(self) -> pd.DataFrame:
        """Read the table, and verify it."""
        return read_parquet(Path(self._get_load_path()), REMEDY, **self._load_args)

    def save(self, data: pd.DataFrame) -> None:
        """Write the table, whole or not at all."""
        write_parquet(data, Path(self._get_save_path()), **self._save_args)
        self._invalidate_cache()
