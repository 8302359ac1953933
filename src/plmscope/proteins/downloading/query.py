"""The results of a query of UniProtKB, page by page (uniprot.org/help/api_queries)."""

from __future__ import annotations

import gzip
import os
import re
from pathlib import Path
from typing import BinaryIO, NamedTuple
from urllib.parse import urlencode, urlsplit

from plmscope.disk.files import read_sealed_json, sha256_of_file, write_sealed_json
from plmscope.errors import DamagedFileError
from plmscope.progress import show_progress
from plmscope.proteins.downloading.asking import FAULTS, DownloadError, ask, wait_after
from plmscope.proteins.downloading.settings import DownloadSettings
from plmscope.proteins.feature_types import FEATURE_TYPES

_FIELDS = ("accession", "id", "protein_name", "gene_names", "organism_name", "length", "sequence")
_NEXT = re.compile(r'<([^>]+)>;\s*rel="next"')


class _Page(NamedTuple):
    body: bytes
    next_url: str
    total: int
    release: str
    date: str


class _State(NamedTuple):
    """How far a download is: what is noted after each page."""

    request: str
    next_url: str
    n_bytes: int = 0
    n_records: int = 0
    total: int = 0
    release: str = ""
    release_date: str = ""


def download_query(settings: DownloadSettings, path: Path) -> dict[str, object]:
    """Fetch all results; what an interrupted download has fetched is not fetched again.

    Each page is a gzip member of its own, written and noted before the next is asked for.

    Args:
        settings: Query, format.
        path: Where they go, gzipped.

    Returns:
        release, release_date, n_records, file_sha256.

    Raises:
        DownloadError: The server refuses, does not answer, or gave other than it announced; or
            UniProt's release changed on the way.
    """
    part = path.with_name(f".{path.name}.part")
    note = path.with_name(f".{path.name}.part.json")
    first = f"{settings.server}?{urlencode(_request(settings))}"
    state = _resume(part, note, first)
    part.touch()
    with part.open("r+b") as file, show_progress("downloading", None, "protein") as progress:
        file.truncate(state.n_bytes)
        file.seek(0, os.SEEK_END)
        while state.next_url:
            page = _fetch(state.next_url, settings)
            _refuse_other_release(state, page, note)
            n_records = _append(file, page, settings, is_first=state.n_records == 0)
            state = state._replace(
                next_url=page.next_url,
                n_bytes=file.tell(),
                n_records=state.n_records + n_records,
                total=page.total,
                release=page.release,
                release_date=page.date,
            )
            write_sealed_json(note, state._asdict())
            progress.total = page.total
            progress.update(state.n_records - progress.n)
    note.unlink()
    if state.n_records != state.total:
        raise DownloadError(
            f"{settings.server} announced {state.total} proteins and gave {state.n_records}. Run"
            " the same command again: it begins anew."
        )
    part.replace(path)
    return {
        "release": state.release,
        "release_date": state.release_date,
        "n_records": state.n_records,
        "file_sha256": sha256_of_file(path),
    }


def _refuse_other_release(state: _State, page: _Page, note: Path) -> None:
    if state.release not in ("", page.release):
        note.unlink()
        raise DownloadError(
            f"UniProt changed from release {state.release} to {page.release} while the query was"
            " fetched. Run the same command again: it begins anew."
        )


def _request(settings: DownloadSettings) -> dict[str, object]:
    asked: dict[str, object] = {
        "query": settings.query,
        "format": settings.format,
        "size": settings.page_size,
    }
    if settings.format == "tsv":
        features = [f"ft_{kind.key.lower()}" for kind in FEATURE_TYPES]
        asked["fields"] = ",".join([*_FIELDS, *features])
    return asked


def _resume(part: Path, note: Path, first: str) -> _State:
    """Where an interrupted download of the same is, or the beginning."""
    begin = _State(request=first, next_url=first)
    if not (part.exists() and note.exists()):
        return begin
    try:
        state = _State(**read_sealed_json(note, ""))
    except (DamagedFileError, TypeError):
        return begin
    is_whole = state.request == first and part.stat().st_size >= state.n_bytes
    return state if is_whole else begin


def _fetch(url: str, settings: DownloadSettings) -> _Page:
    for attempt in range(1, settings.attempts + 1):
        try:
            with ask(url, {}, settings.timeout_s) as answer:
                told = answer.headers
                following = _NEXT.search(told.get("Link", ""))
                return _Page(
                    answer.read(),
                    _of_this_server(following[1], settings) if following else "",
                    int(told.get("X-Total-Results", 0)),
                    told.get("X-UniProt-Release", ""),
                    told.get("X-UniProt-Release-Date", ""),
                )
        except FAULTS as error:
            wait_after(error, attempt, settings.attempts, url)
    raise AssertionError("the last attempt returns or raises")


def _of_this_server(url: str, settings: DownloadSettings) -> str:
    """The address of the next page, which the server gave; not one of a file of this machine."""
    if urlsplit(url)[:2] != urlsplit(settings.server)[:2]:
        raise DownloadError(f"{settings.server} sends to another address for its next page: {url}")
    return url


def _append(file: BinaryIO, page: _Page, settings: DownloadSettings, *, is_first: bool) -> int:
    """Write a page, without the header line that each page of a table has; how many records."""
    body = page.body
    if settings.format == "fasta":
        n_records = len(re.findall(rb"^>", body, re.M))
    else:
        header, _, rows = body.partition(b"\n")
        n_records = len(rows.splitlines())
        body = header + b"\n" + rows if is_first else rows
    file.write(gzip.compress(body, mtime=0))
    file.flush()
    os.fsync(file.fileno())
    return n_records
