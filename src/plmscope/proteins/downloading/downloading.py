"""Fetching what is asked for, once."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from plmscope.disk.files import read_sealed_json, sha256_of_file, write_sealed_json
from plmscope.disk.locks import writing_alone
from plmscope.errors import DamagedFileError
from plmscope.proteins.downloading.asking import DownloadError
from plmscope.proteins.downloading.query import download_query
from plmscope.proteins.downloading.release import download_file
from plmscope.proteins.downloading.settings import DownloadSettings

_FILE_NAME = re.compile(r"\w[\w.+%-]*")


def download(settings: DownloadSettings, folder: Path) -> dict[str, Any]:
    """Fetch a query's results or a release file, unless it is there, whole.

    Args:
        settings: What is fetched.
        folder: Where it goes, with a record beside it.

    Returns:
        The record: file, request, release, file_sha256, when it was fetched.

    Raises:
        DownloadError: Nothing is named, or it cannot be had.
    """
    if settings.query is None and settings.release_file is None:
        raise DownloadError(
            "Nothing is named to download: give download.query (reviewed:true AND"
            " organism_id:9606) or download.release_file."
        )
    path = folder / _name_of(settings)
    asked_for = settings.model_dump(include={"query", "format", "release_file", "sha256"})
    folder.mkdir(parents=True, exist_ok=True)
    with writing_alone(folder):
        note = path.with_name(f"{path.name}.json")
        record = _known(note)
        is_here = record.get("request") == asked_for and path.is_file()
        if is_here and sha256_of_file(path) == record["file_sha256"]:
            return record
        fetch = download_query if settings.query is not None else download_file
        fetched = fetch(settings, path)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        record = {"file": str(path), "request": asked_for, "fetched": now, **fetched}
        write_sealed_json(note, record)
    return record


def _name_of(settings: DownloadSettings) -> str:
    if settings.release_file is not None:
        name = Path(urlsplit(settings.release_file).path).name
        return name if _FILE_NAME.fullmatch(name) else "release"  # neither hidden nor ".."
    return f"{settings.name}.{settings.format}.gz"


def _known(path: Path) -> dict[str, Any]:
    try:
        return read_sealed_json(path, "")
    except (DamagedFileError, FileNotFoundError):
        return {}
