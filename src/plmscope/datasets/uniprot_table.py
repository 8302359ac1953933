"""UniProtKB tables as a Kedro dataset."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset, DatasetError

from plmscope import proteins


class UniprotTableDataset(AbstractDataset["proteins.UniprotCells", Any]):
    """A UniProtKB TSV export, `.tsv` or `.tsv.gz`, read as text.

    Args:
        filepath: The file; None for no annotated proteins.
        metadata: Kedro's metadata.
    """

    def __init__(self, *, filepath: str | None, metadata: dict[str, Any] | None = None) -> None:
        self.metadata = metadata
        self._filepath = filepath

    def load(self) -> proteins.UniprotCells:
        """Read the file's cells."""
        if self._filepath is None:
            return proteins.empty_uniprot_cells()
        return proteins.read_uniprot_cells(self._filepath)

    def save(self, data: Any) -> None:  # noqa: ARG002
        """Not done: the file is the user's."""
        raise DatasetError("A UniProtKB table is only read.")

    @property
    def is_given(self) -> bool:
        """Whether there is a file to read."""
        return self._filepath is not None

    def _exists(self) -> bool:
        return self._filepath is None or Path(self._filepath).is_file()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}
