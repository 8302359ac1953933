"""Three tables of ingestion as one Kedro dataset."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from kedro.io import AbstractDataset

from plmscope import concepts
from plmscope.datasets.schemas.proteins import ANNOTATIONS, CONCEPTS, PROTEINS
from plmscope.datasets.schemas.table_schema import TableSchemaError
from plmscope.disk.files import read_sealed_json, write_sealed_json
from plmscope.disk.parquet import read_parquet
from plmscope.disk.places import as_path

REMEDY = "Make it again: kedro run --pipelines ingestion"
SCHEMAS = {"proteins": PROTEINS, "annotations": ANNOTATIONS, "concepts": CONCEPTS}


class AnnotatedProteinsDataset(
    AbstractDataset["concepts.AnnotatedProteins", "concepts.AnnotatedProteins"]
):
    """Proteins, annotations and concepts, read from the tables that ingestion has written.

    Nothing is stored twice: what is saved is a list of the tables. A person may cut these down;
    loading gives them as they are then.

    Args:
        filepath: Where the list of the tables is.
        tables: The files of proteins, annotations and concepts, beside it.
        metadata: For kedro-viz.
    """

    def __init__(
        self, *, filepath: str, tables: Mapping[str, str], metadata: dict[str, Any] | None = None
    ) -> None:
        self._filepath, self._tables = as_path(filepath), dict(tables)
        self.metadata = metadata

    def load(self) -> concepts.AnnotatedProteins:
        """Read and check the three tables.

        Raises:
            DamagedFileError: A file is not what was written.
            TableSchemaError: A table lacks what is needed of it.
        """
        tables = read_sealed_json(self._filepath, REMEDY)
        return concepts.AnnotatedProteins(
            **{name: self._table(name, tables[name]) for name in SCHEMAS}
        )

    def save(self, data: concepts.AnnotatedProteins) -> None:  # noqa: ARG002
        """Note which tables belong together; other nodes have written them."""
        write_sealed_json(self._filepath, self._tables)

    def _table(self, name: str, file: str) -> pd.DataFrame:
        path = self._filepath.with_name(file)
        try:
            return SCHEMAS[name].validate(read_parquet(path, REMEDY))
        except TableSchemaError as error:
            raise TableSchemaError(f"{path}: {error}") from error

    def _exists(self) -> bool:
        return self._filepath.exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath), "tables": self._tables}
