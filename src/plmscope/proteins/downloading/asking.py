"""One request over HTTP, tried again where that may help."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPException, HTTPResponse
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from plmscope.proteins.errors import ProteinTableError

logger = logging.getLogger(__name__)

_TOO_MANY, _SERVER_ERROR = 429, 500
_LONGEST_WAIT_S = 60.0
_FIRST_WAIT_S = 1.0
_LONGEST_URL = 100
"""Characters of it in a message: a query names thirty fields."""
FAULTS = (URLError, HTTPException, TimeoutError, ConnectionError)
"""What a second attempt may mend."""


class DownloadError(ProteinTableError):
    """What cannot be had from a server."""


@contextmanager
def ask(url: str, headers: Mapping[str, str], timeout_s: float) -> Iterator[HTTPResponse]:
    """An answer of a server, to be read.

    Raises:
        DownloadError: The server refuses the request, which it would again.
        OSError, HTTPException: Anything that a second attempt may mend.
    """
    try:
        with urlopen(Request(url, headers=dict(headers)), timeout=timeout_s) as answer:
            yield answer
    except HTTPError as error:
        if error.code == _TOO_MANY or error.code >= _SERVER_ERROR:
            raise
        said = error.read(500).decode(errors="replace").strip()
        raise DownloadError(
            f"{_shortened(url)} is refused ({error.code} {error.reason}): {said}"
        ) from error


def wait_after(error: Exception, attempt: int, attempts: int, url: str) -> None:
    """Wait before another attempt, as long as the server asks, or twice as long each time.

    Args:
        error: Why this one failed.
        attempt: Which it was, from 1.
        attempts: How many there may be.
        url: What was asked for.

    Raises:
        DownloadError: It was the last.
    """
    if attempt >= attempts:
        raise DownloadError(
            f"{_shortened(url)} could not be had in {attempts} attempts ({error}). What came is"
            " kept: run the same command again."
        ) from error
    told = error.headers.get("Retry-After", "") if isinstance(error, HTTPError) else ""
    seconds = float(told) if told.isdigit() else _FIRST_WAIT_S * 2 ** (attempt - 1)
    seconds = min(seconds, _LONGEST_WAIT_S)
    logger.warning("%s: %s; asking again in %.0f s", _shortened(url), error, seconds)
    time.sleep(seconds)


def _shortened(url: str) -> str:
    return url if len(url) <= _LONGEST_URL else f"{url[:_LONGEST_URL]}…"
