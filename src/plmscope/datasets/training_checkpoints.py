"""The folder of training checkpoints as a Kedro dataset."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset, DatasetError

from plmscope import training


class TrainingCheckpointsDataset(AbstractDataset["training.TrainingCheckpoints", Any]):
    """Where a training run keeps its checkpoints, so that a killed run is resumed.

    Only a training run writes there; the folder is empty when none was killed.

    Args:
        filepath: The folder; with versions, they lie below it.
        metadata: Kedro's metadata.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = Path(filepath)
        self.metadata = metadata

    def load(self) -> training.TrainingCheckpoints:
        """The folder, whether or not it exists yet."""
        return training.TrainingCheckpoints(self._filepath)

    def save(self, data: Any) -> None:  # noqa: ARG002
        """Refused."""
        raise DatasetError(f"{self._filepath} is written by the training run itself, not by a node")

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}
