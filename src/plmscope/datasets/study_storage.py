"""The database of a hyperparameter search as a Kedro dataset."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset, DatasetError


class StudyStorageDataset(AbstractDataset[str, Any]):
    """The URL of the database that keeps the studies; only the search itself writes there.

    Args:
        filepath: An SQLite file, made by the first search.
        url: A database server instead, as SQLAlchemy has it:
            `postgresql+psycopg://user@host/database`.
        credentials: `password` for `url`, from Kedro's credentials.
        metadata: Kedro's metadata.
    """

    def __init__(
        self,
        *,
        filepath: str | None = None,
        url: str | None = None,
        credentials: dict[str, str] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        if (filepath is None) == (url is None):
            raise DatasetError("Give the study database either a filepath (SQLite) or a url.")
        self._url = url or f"sqlite:///{Path(str(filepath)).as_posix()}"
        self._password = (credentials or {}).get("password")
        self.metadata = metadata

    def load(self) -> str:
        """The URL, with the password in it."""
        if self._password is None:
            return self._url
        from sqlalchemy.engine import make_url

        with_password = make_url(self._url).set(password=self._password)
        return with_password.render_as_string(hide_password=False)

    def save(self, data: Any) -> None:  # noqa: ARG002
        """Refused."""
        raise DatasetError("The database is written by the search itself, not by a node.")

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {"url": self._url}
