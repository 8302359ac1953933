"""The protein language model as a Kedro dataset."""

from typing import Any, NoReturn

from kedro.io import AbstractDataset, DatasetError

from plmscope.plms import PlmDescription, ProteinLanguageModel, describe_plm, load_plm


class PLMDataset(AbstractDataset[Any, ProteinLanguageModel]):
    """A protein language model, loaded when a node asks for it.

    Example:
        ```yaml
        plm:
          type: plmscope.datasets.plm.PLMDataset
          source: facebook/esm2_t6_8M_UR50D
          device: cuda
          dtype: bfloat16
        ```
    """

    def __init__(
        self,
        *,
        source: str,
        device: str = "cpu",
        dtype: str = "float32",
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Describe the model; nothing is loaded yet.

        Args:
            source: As `plmscope.plms.load_plm` takes it.
            device: Where it runs.
            dtype: Of its weights.
            metadata: For kedro-viz.
        """
        self._source, self._device, self._dtype = source, device, dtype
        self.metadata = metadata

    @property
    def device(self) -> str:
        """Where the model runs."""
        return self._device

    @property
    def dtype(self) -> str:
        """The float type of its weights."""
        return self._dtype

    def description(self) -> PlmDescription:
        """What is known of the model without its weights."""
        return describe_plm(self._source)

    def load(self) -> ProteinLanguageModel:
        """Load the model."""
        return load_plm(self._source, self._device, self._dtype)

    def save(self, data: Any) -> NoReturn:  # noqa: ARG002
        """Refuse: a PLM is only read."""
        raise DatasetError(f"The PLM {self._source} is read-only.")

    def _exists(self) -> bool:
        """Loading says whether it is there; a look at the hub would take as long."""
        return True

    def _describe(self) -> dict[str, Any]:
        return {"source": self._source, "device": self._device, "dtype": self._dtype}
