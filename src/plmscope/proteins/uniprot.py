"""UniProt's accessions, and the pages of its entries."""

import re

_ACCESSION = re.compile(
    r"(?:[OPQ]\d[A-Z\d]{3}\d|[A-NR-Z]\d(?:[A-Z][A-Z\d]{2}\d){1,2})(?:-\d+)?", re.IGNORECASE
)
"""UniProt, "Accession numbers" (www.uniprot.org/help/accession_numbers), isoforms included."""

ENTRY = "https://www.uniprot.org/uniprotkb/"


def is_accession(text: str) -> bool:
    """Whether a text is built like an accession of UniProtKB, which no sequence is."""
    return bool(_ACCESSION.fullmatch(text))


def entry_link(accession: str) -> str:
    """The address of a protein's entry; "" of what is no accession of UniProtKB."""
    return f"{ENTRY}{accession}/entry" if is_accession(accession) else ""
