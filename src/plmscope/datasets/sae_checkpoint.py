"""SAE checkpoints as Kedro datasets."""

from __future__ import annotations

from typing import Any, NoReturn

from kedro.io import AbstractDataset, DatasetError, Version

from plmscope import saes
from plmscope.datasets.files.folder import VersionedFolder
from plmscope.disk.files import local_copy, uploading


class SAECheckpointDataset(VersionedFolder["saes.SAE", "saes.SAE"]):
    """A checkpoint of this project.

    Args:
        filepath: The folder; with versions, they lie below it.
        device: Where the SAE is used, as torch names it: the one place that says so.
        name: What the SAE is called among those of its layer.
        version: Kedro's version.
        metadata: Kedro's metadata.
    """

    def __init__(
        self,
        *,
        filepath: str,
        device: str = "cpu",
        name: str | None = None,
        version: Version | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(filepath=filepath, version=version, metadata=metadata)
        self._device, self._name = device, name

    @property
    def device(self) -> str:
        """Where the SAE is used."""
        return self._device

    def load(self) -> saes.SAE:
        """Read and check the checkpoint."""
        with local_copy(self._load_place) as folder:
            sae = saes.load_sae(str(folder), device=self._device)
        sae.provenance = sae.provenance.model_copy(update={"name": self._name})
        return sae

    def save(self, data: saes.SAE) -> None:
        """Write the checkpoint, whole or not at all."""
        with uploading(self._save_place) as folder:
            saes.save_sae(data, str(folder))

    def _describe(self) -> dict[str, Any]:
        return super()._describe() | {"device": self._device}


class GivenSAECheckpointDataset(AbstractDataset["saes.SAE", Any]):
    """Somebody's SAE, only read, and only once: it is looked at before the run, too.

    It is named by a `source`, as a PLM is: of a `filepath`, Kedro would make a folder of the
    project, also of a repository on the hub.

    Args:
        source: A folder, a file, or a hub repository as "owner/name". None: not chosen yet.
        parameter: What names it on the command line.
        layer: Which layer, where there are several.
        device: Where the SAE is used, as torch names it.
        architecture: As `saes.load_sae` takes it.
        k: As `saes.load_sae` takes it.
        metadata: Kedro's metadata.
    """

    def __init__(
        self,
        *,
        source: str | None,
        parameter: str,
        layer: int | None = None,
        device: str = "cpu",
        architecture: saes.Architecture | None = None,
        k: int | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        self.metadata = metadata
        self._source, self._layer, self._device = source, layer, device
        self._parameter = parameter
        self._architecture, self._k = architecture, k
        self._sae: saes.SAE | None = None

    @property
    def device(self) -> str:
        """Where the SAE is used."""
        return self._device

    def load(self) -> saes.SAE:
        """Read and check the SAE."""
        if self._source is None:
            raise DatasetError(
                "No SAE was chosen. Name a checkpoint folder or a hub repository:"
                f" --params {self._parameter}=<folder or owner/name>"
            )
        if self._sae is None:
            self._sae = saes.load_sae(
                self._source, self._layer, self._device, self._architecture, self._k
            )
            known = self._sae.provenance
            self._sae.provenance = known.model_copy(update={"source": self._source})
        return self._sae

    def save(self, data: Any) -> NoReturn:  # noqa: ARG002
        """Refuse: it is somebody's."""
        raise DatasetError(f"The SAE {self._source} is only read.")

    def _release(self) -> None:
        self._sae = None

    def _exists(self) -> bool:
        """Loading says whether it is there; a look at the hub would take as long."""
        return True

    def _describe(self) -> dict[str, Any]:
        return {"source": self._source, "layer": self._layer, "device": self._device}
