"""Small UniProtKB tables, written as a user would have them."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from plmscope.proteins.tables import READ_PROTEIN_COLUMNS

TableWriter = Callable[..., Path]


@pytest.fixture
def write_tsv(tmp_path) -> TableWriter:
    """Write rows (dicts of column and cell) as a TSV, gzipped if the name ends in .gz."""

    def write(*rows: dict[str, str], name: str = "table.tsv") -> Path:
        columns = list(dict.fromkeys(column for row in rows for column in row))
        lines = [columns, *([row.get(column, "") for column in columns] for row in rows)]
        content = "".join("\t".join(line) + "\n" for line in lines).encode()
        path = tmp_path / name
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return path

    return write


@pytest.fixture
def make_proteins() -> Callable[..., pd.DataFrame]:
    """Proteins as a reader gives them, from accession -> sequence."""

    def make(sequences: dict[str, str], origin: str = "annotated", **columns) -> pd.DataFrame:
        rows = [
            {"accession": accession, "sequence": sequence, "length": len(sequence), "line": line}
            for line, (accession, sequence) in enumerate(sequences.items(), start=2)
        ]
        table = pd.DataFrame(rows).assign(origin=origin, **columns)
        table = table.reindex(columns=list(READ_PROTEIN_COLUMNS))
        return table.fillna("").astype(READ_PROTEIN_COLUMNS)

    return make
