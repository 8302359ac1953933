"""SAE checkpoints as a Kedro dataset."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any, NoReturn

from kedro.io import AbstractVersionedDataset, DatasetError, Version

from plmscope import saes
from plmscope.datasets.versions import LocalVersions


class SAECheckpointDataset(LocalVersions, AbstractVersionedDataset["saes.SAE", "saes.SAE"]):
    """A checkpoint folder; for loading also another program's, or a repository on the hub.

    Args:
        filepath: The folder, or a hub repository as "owner/name". None: not chosen yet.
        layer: Which `layer_N`, where there are several.
        device: Where the SAE is used, as torch names it: the one place that says so.
        architecture: Which one an InterPLM file of a TopK or BatchTopK SAE holds.
        k: How many features an InterProt SAE keeps, where its file does not say so.
        version: Kedro's version.
        metadata: Kedro's metadata.
    """

    def __init__(
        self,
        *,
        filepath: str | None,
        layer: int | None = None,
        device: str = "cpu",
        architecture: saes.Architecture | None = None,
        k: int | None = None,
        version: Version | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(PurePosixPath(filepath or ""), version)
        self.metadata = metadata
        self._layer, self._device = layer, device
        self._architecture, self._k = architecture, k

    @property
    def device(self) -> str:
        """Where the SAE is used."""
        return self._device

    def load(self) -> saes.SAE:
        """Read and check the checkpoint."""
        if not self._filepath.name:
            raise DatasetError(
                "No SAE was chosen. Name a checkpoint folder or a hub repository:"
                " --params evaluated_sae=<folder or owner/name>"
            )
        return saes.load_sae(
            str(self._get_load_path()), self._layer, self._device, self._architecture, self._k
        )

    def save(self, data: saes.SAE) -> None:
        """Write the checkpoint, whole or not at all."""
        saes.save_sae(data, str(self._get_save_path()))

    def _exists(self) -> bool:
        try:
            return Path(self._get_load_path()).exists()
        except DatasetError:
            return False

    def _describe(self) -> dict[str, Any]:
        return {
            "filepath": self._filepath,
            "layer": self._layer,
            "device": self._device,
            "version": self._version,
        }


class GivenSAECheckpointDataset(SAECheckpointDataset):
    """Somebody's SAE, only read.

    It is named by a `source`, as a PLM is: of a `filepath`, Kedro would make a folder of the
    project, also of a repository on the hub.

    Args:
        source: A folder, a file, or a hub repository as "owner/name". None: not chosen yet.
        layer: Which layer, where there are several.
        device: Where the SAE is used.
        architecture: As `saes.load_sae` takes it.
        k: As `saes.load_sae` takes it.
        metadata: Kedro's metadata.
    """

    def __init__(
        self,
        *,
        source: str | None,
        layer: int | None = None,
        device: str = "cpu",
        architecture: saes.Architecture | None = None,
        k: int | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(
            filepath=source,
            layer=layer,
            device=device,
            architecture=architecture,
            k=k,
            metadata=metadata,
        )

    def save(self, data: saes.SAE) -> NoReturn:  # noqa: ARG002
        """Refuse: it is somebody's."""
        raise DatasetError(f"The SAE {self._filepath} is only read.")

    def _exists(self) -> bool:
        """Loading says whether it is there; a look at the hub would take as long."""
        return True
