"""Looking accessions up: in the atlas, and at UniProt where downloads are allowed."""

from __future__ import annotations

from urllib.error import URLError
from urllib.request import urlopen

import pandas as pd

from plmscope.disk.files import scratch_folder
from plmscope.errors import PlmscopeError
from plmscope.proteins import read_fasta

UNIPROT = "https://rest.uniprot.org/uniprotkb"
SECONDS = 30


def find_accession(accession: str, known: pd.DataFrame, downloads: bool) -> tuple[str, str]:
    """The sequence of a protein.

    Args:
        accession: Its accession in UniProtKB.
        known: accession and sequence of the proteins at hand.
        downloads: Whether UniProt is asked for others.

    Returns:
        The sequence, or "" and why it cannot be had.
    """
    found = known.loc[known["accession"] == accession, "sequence"]
    if len(found):
        return str(found.iloc[0]), ""
    if not downloads:
        return "", (
            f"not among the {len(known)} proteins of the atlas: give its sequence, or allow"
            " downloads from UniProt"
        )
    return _download(accession)


def _download(accession: str) -> tuple[str, str]:
    try:
        with urlopen(f"{UNIPROT}/{accession}.fasta", timeout=SECONDS) as answer:
            text = answer.read()
        with scratch_folder() as folder:
            path = folder / f"{accession}.fasta"
            path.write_bytes(text)
            return str(read_fasta(path).proteins["sequence"].iloc[0]), ""
    except (URLError, TimeoutError, PlmscopeError, IndexError) as error:
        reason = getattr(error, "reason", error)
        return "", f"could not be had from UniProt ({str(reason)[:80]}): give its sequence"
