"""A query and its explanation as Kedro datasets."""

from __future__ import annotations

from typing import Any, NoReturn

from kedro.io import AbstractDataset, DatasetError

from plmscope import explanation
from plmscope.datasets.files.folder import VersionedFolder
from plmscope.disk.files import uploading


class QueryDataset(AbstractDataset["str", Any]):
    """What somebody asks about, as it is given on the command line.

    Args:
        query: A FASTA file, a sequence, or an accession. None: nothing is asked.
        metadata: Kedro's metadata.
    """

    def __init__(self, *, query: Any, metadata: dict[str, Any] | None = None) -> None:
        self.metadata = metadata
        self._query = query

    def load(self) -> str:
        """The query; a file is read by who explains it."""
        if self._query is None:
            raise DatasetError(
                "Nothing is asked. Name a FASTA file, a sequence or an accession:"
                " --params query=my.fasta"
            )
        return str(self._query)

    def save(self, data: Any) -> NoReturn:  # noqa: ARG002
        """Refuse: it is the user's."""
        raise DatasetError("The query is only read.")

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {"query": self._query}


class ExplanationDataset(VersionedFolder["explanation.Explanation", NoReturn]):
    """A folder with the tables (Parquet and CSV) and the page of an explanation."""

    def save(self, data: explanation.Explanation) -> None:
        """Write the folder, whole or not at all."""
        with uploading(self._save_place) as folder:
            data.save(str(folder))

    def load(self) -> NoReturn:
        """Not done: its tables and its page are for people."""
        raise DatasetError(f"{self._filepath} is read by people: open the page in it.")
