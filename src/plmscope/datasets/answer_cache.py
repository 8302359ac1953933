"""Answers of a language model, kept across runs."""

from typing import Any, NoReturn

from kedro.io import AbstractDataset, DatasetError

from plmscope.disk.places import as_path
from plmscope.features.descriptions.llm.endpoint import AnswerCache


class AnswerCacheDataset(AbstractDataset[NoReturn, AnswerCache]):
    """A folder of answers, which is there from the first question on.

    Args:
        filepath: The folder.
        metadata: Free text for other tools, such as kedro-viz.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._folder = as_path(filepath)
        self.metadata = metadata

    def load(self) -> AnswerCache:
        """The answers so far."""
        return AnswerCache(self._folder)

    def save(self, data: NoReturn) -> None:  # noqa: ARG002
        """Refused: answers are kept one by one, as they come."""
        raise DatasetError("Answers are kept as they come; no node writes the cache as a whole.")

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._folder)}

    def _exists(self) -> bool:
        return True
