"""What can be set about a download."""

from __future__ import annotations

import re
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, PositiveFloat, PositiveInt, field_validator, model_validator

from plmscope.parameters import Parameters

_LOOPBACK = ("127.0.0.1", "localhost")


class DownloadSettings(Parameters):
    """What is fetched; nothing, unless a query or a release file is named."""

    query: str | None = None
    """A query of UniProtKB, as reviewed:true AND organism_id:9606."""

    format: Literal["tsv", "fasta"] = "tsv"
    """Of a query's results: a table with all columns that ingestion reads, or FASTA."""

    release_file: str | None = None
    """In place of a query the URL of a file, as of UniProt's release folder."""

    sha256: str | None = None
    """Of the release file, if it is known; what comes is refused if it has another."""

    name: str = Field(default="uniprot", pattern=r"^\w[\w.-]*$")
    """Of a query's file, without its ending."""

    server: str = "https://rest.uniprot.org/uniprotkb/search"
    """Where queries are asked."""

    page_size: PositiveInt = Field(default=500, le=500)
    """Proteins asked for at once."""

    attempts: PositiveInt = 5
    """How often a page, or a range, is asked for before the download stops."""

    timeout_s: PositiveFloat = 60
    """Seconds without an answer after which an attempt has failed."""

    @field_validator("server", "release_file")
    @classmethod
    def _is_fetched_safely(cls, url: str | None) -> str | None:
        if url is None:
            return None
        parts = urlsplit(url)
        is_here = parts.scheme == "http" and parts.hostname in _LOOPBACK
        if not (parts.scheme == "https" or is_here) or not parts.hostname:
            raise ValueError(f"{url} is no https:// address")
        return url

    @field_validator("sha256")
    @classmethod
    def _is_a_sha256(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"[0-9a-f]{64}", value):
            raise ValueError("a sha256 has 64 digits of 0-9a-f")
        return value

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        if self.query is not None and self.release_file is not None:
            raise ValueError("name a query or a release_file, not both")
        if self.sha256 is not None and self.release_file is None:
            raise ValueError("sha256 is of a release_file")
        return self
