"""One file of a server, by ranges."""

from __future__ import annotations

import os
from pathlib import Path

from plmscope.disk.files import read_sealed_json, sha256_of_file, write_sealed_json
from plmscope.errors import DamagedFileError
from plmscope.progress import show_progress
from plmscope.proteins.downloading.asking import FAULTS, DownloadError, ask, wait_after
from plmscope.proteins.downloading.settings import DownloadSettings

_AT_ONCE = 1 << 20
_PARTIAL = 206


def download_file(settings: DownloadSettings, path: Path) -> dict[str, object]:
    """Fetch a file; an interrupted download goes on where it was, if the file is still the same.

    Args:
        settings: Its URL, and its sha256 if that is known.
        path: Where it goes.

    Returns:
        url, release_date (when the server last changed it), file_sha256.

    Raises:
        DownloadError: It cannot be had, or has another sha256.
    """
    url = str(settings.release_file)
    part = path.with_name(f".{path.name}.part")
    note = path.with_name(f".{path.name}.part.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    for attempt in range(1, settings.attempts + 1):
        try:
            date = _go_on(url, part, note, settings)
            break
        except FAULTS as error:
            wait_after(error, attempt, settings.attempts, url)
    sha256 = sha256_of_file(part)
    note.unlink(missing_ok=True)
    if settings.sha256 not in (None, sha256):
        part.unlink()
        raise DownloadError(
            f"{url} has the sha256 {sha256}, not {settings.sha256}. It was removed: run the same"
            " command again, or mend download.sha256."
        )
    part.replace(path)
    return {"url": url, "release_date": date, "file_sha256": sha256}


def _go_on(url: str, part: Path, note: Path, settings: DownloadSettings) -> str:
    """Fetch what is missing; when the server last changed the file."""
    tag = _tag_of(note, url) if part.exists() else ""
    n_here = part.stat().st_size if tag else 0
    headers = {"Range": f"bytes={n_here}-", "If-Range": tag} if n_here else {}
    with ask(url, headers, settings.timeout_s) as answer:
        told = answer.headers
        begins = n_here if answer.status == _PARTIAL else 0
        total = begins + int(told.get("Content-Length", 0))
        tag = str(told.get("ETag") or told.get("Last-Modified", ""))
        write_sealed_json(note, {"url": url, "tag": tag})
        part.touch()
        with part.open("r+b") as file, show_progress("downloading", total, "B") as progress:
            file.truncate(begins)
            file.seek(0, os.SEEK_END)
            progress.update(begins)
            while chunk := answer.read(_AT_ONCE):
                file.write(chunk)
                progress.update(len(chunk))
        if part.stat().st_size < total:
            raise ConnectionError(f"cut off after {part.stat().st_size} of {total} bytes")
        return str(told.get("Last-Modified", ""))


def _tag_of(note: Path, url: str) -> str:
    """What the server called the version that is here in part; "" if that is not known."""
    try:
        known = read_sealed_json(note, "")
    except (DamagedFileError, FileNotFoundError):
        return ""
    return str(known["tag"]) if known["url"] == url else ""
