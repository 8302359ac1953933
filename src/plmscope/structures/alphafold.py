"""Predicted structures from AlphaFold DB (Varadi et al. 2024), fetched once."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Sequence
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import pandas as pd

from plmscope.disk.files import write_then_rename
from plmscope.progress import show_progress

logger = logging.getLogger(__name__)

ALPHAFOLD = "https://alphafold.ebi.ac.uk/api/prediction"
SECONDS = 30
_NOT_FOUND = 404
_MOST_FAILURES = 5
_NAME = re.compile(r"\w[\w-]*")


def fetch_models(accessions: Sequence[str], folder: Path) -> pd.DataFrame:
    """Fetch the models of proteins into a folder, those alone that are not there yet.

    The service is asked for each protein's newest model. It gives up after a few failures one
    after another: there is no network then.

    Args:
        accessions: Of UniProtKB.
        folder: Where `AF-<accession>-F1-model_v<n>.cif` are put.

    Returns:
        file, chain, accession, reason of what could not be had.
    """
    folder.mkdir(parents=True, exist_ok=True)
    there = {path.name.split("-")[1] for path in folder.glob("AF-*-F1-*.cif*")}
    wanted = [name for name in accessions if name not in there and _NAME.fullmatch(name)]
    others = set(accessions) - there - set(wanted)  # such as "../x": no part of a path or address
    failed = [("", "", name, "cannot be an accession") for name in sorted(others)]
    in_a_row = 0
    with show_progress("fetching models", len(wanted), "protein") as progress:
        for accession in wanted:
            reason, is_answer = _fetch(accession, folder)
            if reason:
                failed.append(("", "", accession, reason))
            in_a_row = 0 if is_answer else in_a_row + 1
            if in_a_row == _MOST_FAILURES:
                logger.warning("AlphaFold DB does not answer (%s): what is there is used", reason)
                break
            progress.update()
    return pd.DataFrame(failed, columns=["file", "chain", "accession", "reason"])


def _fetch(accession: str, folder: Path) -> tuple[str, bool]:
    """Why a model could not be had ("" if it could), and whether the service answered."""
    try:
        with urlopen(f"{ALPHAFOLD}/{accession}", timeout=SECONDS) as answer:
            url = str(json.loads(answer.read())[0]["cifUrl"])
        if not url.startswith(("https://", "http://")):  # such as a file of this machine
            return "AlphaFold DB gave no address of a model", True
        with urlopen(url, timeout=SECONDS) as answer:
            content = answer.read()
    except HTTPError as error:
        if error.code == _NOT_FOUND:
            return "AlphaFold DB has no model of it", True
        return f"AlphaFold DB answered {error.code}", False
    except (URLError, TimeoutError, OSError, ValueError, LookupError, TypeError) as error:
        return f"could not be had from AlphaFold DB ({str(error)[:80]})", False
    if not content.startswith(b"data_"):
        return "AlphaFold DB sent no mmCIF file", True
    with write_then_rename(folder / f"AF-{accession}-F1-{_version(url)}.cif") as path:
        path.write_bytes(content)
    return "", True


def _version(url: str) -> str:
    """Of the service's own file name; nothing else of it comes near a path."""
    words = url.rsplit("/", 1)[-1].removesuffix(".cif").rsplit("-", 1)[-1]
    return words if words.replace("_", "").isalnum() else "model"
