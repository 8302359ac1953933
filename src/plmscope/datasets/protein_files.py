"""The protein files that a user brings, as Kedro datasets: read only, and each may be left out."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import Any, Generic, TypeVar

from kedro.io import AbstractDataset, DatasetError

from plmscope import proteins

Content = TypeVar("Content")


class _ProteinFile(AbstractDataset[Content, Any], Generic[Content]):
    """A file of proteins, plain or compressed.

    Args:
        filepath: The file; None for no proteins.
        metadata: Kedro's metadata.
    """

    def __init__(self, *, filepath: str | None, metadata: dict[str, Any] | None = None) -> None:
        self.metadata = metadata
        self._filepath = filepath

    @abstractmethod
    def _read(self, path: str) -> Content:
        """What a file holds."""

    @abstractmethod
    def _nothing(self) -> Content:
        """What stands for no file."""

    def load(self) -> Content:
        """Read the file."""
        return self._nothing() if self._filepath is None else self._read(self._filepath)

    def save(self, data: Any) -> None:  # noqa: ARG002
        """Not done: the file is the user's."""
        raise DatasetError(f"{self._filepath} is the user's and only read.")

    @property
    def is_given(self) -> bool:
        """Whether there is a file to read."""
        return self._filepath is not None

    def _exists(self) -> bool:
        return self._filepath is None or Path(self._filepath).is_file()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}


class UniprotTableDataset(_ProteinFile["proteins.UniprotTable"]):
    """A UniProtKB TSV export of any size, which is read where it is used."""

    def _read(self, path: str) -> proteins.UniprotTable:
        return proteins.UniprotTable(Path(path))

    def _nothing(self) -> proteins.UniprotTable:
        return proteins.UniprotTable(None)


class UniprotFlatDataset(_ProteinFile["proteins.SwissprotFlat"]):
    """A Swiss-Prot flat file (`.dat`) of any size, which is read where it is used."""

    def _read(self, path: str) -> proteins.SwissprotFlat:
        return proteins.SwissprotFlat(Path(path))

    def _nothing(self) -> proteins.SwissprotFlat:
        return proteins.SwissprotFlat(None)


class FastaDataset(_ProteinFile["proteins.ProteinTables"]):
    """The proteins of a FASTA file."""

    def _read(self, path: str) -> proteins.ProteinTables:
        return proteins.read_fasta(path)

    def _nothing(self) -> proteins.ProteinTables:
        return proteins.empty_protein_tables()


class CorpusDataset(_ProteinFile["proteins.FastaFile"]):
    """A FASTA file of any size, which is read where it is used."""

    def _read(self, path: str) -> proteins.FastaFile:
        return proteins.FastaFile(Path(path))

    def _nothing(self) -> proteins.FastaFile:
        return proteins.FastaFile(None)
