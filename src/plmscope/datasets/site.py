"""The static site as a Kedro dataset."""

from __future__ import annotations

from typing import NoReturn

from kedro.io import DatasetError

from plmscope import site
from plmscope.datasets.files.folder import VersionedFolder
from plmscope.disk.files import write_then_rename


class SiteDataset(VersionedFolder["site.Site", NoReturn]):
    """A folder of plain files for a web host, or to be opened from disk."""

    def save(self, data: site.Site) -> None:
        """Write the folder, whole or not at all."""
        with write_then_rename(self._save_place) as temporary:
            data.write(temporary)

    def load(self) -> NoReturn:
        """Not done: it is for people."""
        raise DatasetError(f"{self._filepath} is read by people: open index.html in it.")
