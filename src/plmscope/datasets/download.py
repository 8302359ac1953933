"""Files fetched from UniProt as a Kedro dataset."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset, DatasetError

from plmscope.proteins import DownloadSettings, download

logger = logging.getLogger(__name__)


class DownloadDataset(AbstractDataset[DownloadSettings, Any]):
    """Saving settings fetches what they name into a folder, see `plmscope.proteins.download`.

    Args:
        path: The folder.
        metadata: For kedro-viz.
    """

    def __init__(self, *, path: str, metadata: dict[str, Any] | None = None) -> None:
        self._path = Path(path)
        self.metadata = metadata

    def save(self, data: DownloadSettings) -> None:
        """Fetch it, unless it is there."""
        record = download(data, self._path)
        name = "corpus_fasta" if data.format == "fasta" else "uniprot_table"
        logger.info(
            "%s, release %s, is in %s. Use it: kedro run --params %s=%s",
            data.query or data.release_file, record.get("release") or record["release_date"],
            record["file"], name, record["file"],
        )  # fmt: skip

    def load(self) -> Any:
        """Not done: what was fetched is read where globals.yml names it."""
        raise DatasetError(f"What is in {self._path} is read where globals.yml names it.")

    def _describe(self) -> dict[str, Any]:
        return {"path": str(self._path)}
