"""FASTA files as a Kedro dataset."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset, DatasetError

from plmscope import proteins


class FastaDataset(AbstractDataset["proteins.ProteinTables", Any]):
    """The proteins of a FASTA file, plain or `.gz`.

    Args:
        filepath: The file; None for no proteins.
        metadata: Kedro's metadata.
    """

    def __init__(self, *, filepath: str | None, metadata: dict[str, Any] | None = None) -> None:
        self.metadata = metadata
        self._filepath = filepath

    def load(self) -> proteins.ProteinTables:
        """Read the proteins, and what had to be left out."""
        if self._filepath is None:
            return proteins.empty_protein_tables()
        return proteins.read_fasta(self._filepath)

    def save(self, data: Any) -> None:  # noqa: ARG002
        """Not done: the file is the user's."""
        raise DatasetError("A FASTA file is only read.")

    @property
    def is_given(self) -> bool:
        """Whether there is a file to read."""
        return self._filepath is not None

    def _exists(self) -> bool:
        return self._filepath is None or Path(self._filepath).is_file()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}
