"""Atlases as Kedro datasets."""

from __future__ import annotations

from typing import Any, NoReturn

from kedro.io import AbstractDataset, DatasetError

from plmscope import atlas
from plmscope.datasets.files.folder import VersionedFolder
from plmscope.disk.files import local_copy, uploading
from plmscope.disk.places import as_path, is_url
from plmscope.disk.versions import newest


class AtlasDataset(VersionedFolder["atlas.Atlas", "atlas.Atlas"]):
    """The atlas that a run makes."""

    def load(self) -> atlas.Atlas:
        """Read the atlas, and check every file of it."""
        with local_copy(self._load_place) as folder:
            return atlas.load_atlas(str(folder))

    def save(self, data: atlas.Atlas) -> None:
        """Write the atlas, whole or not at all."""
        with uploading(self._save_place) as folder:
            atlas.save_atlas(data, str(folder))


class GivenAtlasDataset(AbstractDataset["atlas.Atlas", Any]):
    """An atlas that is only read: a folder, a dataset `atlas`, or one on the Hugging Face hub.

    Args:
        source: As `plmscope.load_atlas` takes it.
        layer: Which layer the run is about.
        device: Where its SAE is used, as torch names it.
        metadata: Kedro's metadata.
    """

    def __init__(
        self,
        *,
        source: str,
        layer: int,
        device: str = "cpu",
        metadata: dict[str, Any] | None = None,
    ) -> None:
        self.metadata = metadata
        self._source, self._layer, self._device = source, layer, device

    def load(self) -> atlas.Atlas:
        """Read the atlas, and check every file of it."""
        found = self._read()
        if found.identity.layer != self._layer:
            raise atlas.AtlasError(
                f"The atlas {self._source} is about layer {found.identity.layer}, the run about"
                f" layer {self._layer}: give another atlas, or --params layer="
                f"{found.identity.layer}."
            )
        return found

    def _read(self) -> atlas.Atlas:
        if not is_url(self._source):
            return atlas.load_atlas(self._source, self._device)
        with local_copy(newest(as_path(self._source))) as folder:
            return atlas.load_atlas(str(folder), self._device)

    def save(self, data: Any) -> NoReturn:  # noqa: ARG002
        """Refuse: it is only read."""
        raise DatasetError(f"The atlas {self._source} is only read.")

    def _exists(self) -> bool:
        """Loading says whether it is there, and what to do; the hub is not asked twice."""
        return True

    def _describe(self) -> dict[str, Any]:
        return {"source": self._source}
