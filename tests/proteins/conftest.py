"""Small UniProtKB tables, written as a user would have them."""

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from plmscope.proteins.tables import READ_PROTEIN_COLUMNS

TableWriter = Callable[..., Path]
LETTERS = np.array(list("ACDEFGHIKLMNPQRSTVWY"))


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


@pytest.fixture(scope="session")
def random_sequence() -> Callable[..., str]:
    """A sequence that is related to no other."""

    def draw(seed: int, length: int = 120) -> str:
        return "".join(np.random.default_rng(seed).choice(LETTERS, length))

    return draw


@pytest.fixture(scope="session")
def mutate() -> Callable[..., str]:
    """A sequence with a fraction of its residues replaced."""

    def change(sequence: str, share: float, seed: int = 0) -> str:
        generator = np.random.default_rng(seed)
        residues = np.array(list(sequence))
        changed = generator.random(len(residues)) < share
        residues[changed] = generator.choice(LETTERS, changed.sum())
        return "".join(residues)

    return change


@pytest.fixture(scope="session")
def family(random_sequence, mutate) -> dict[str, str]:
    """Two families of three, and one protein on its own."""
    first, second = random_sequence(1), random_sequence(2)
    return {
        "A1": first, "A2": mutate(first, 0.3, 1), "A3": mutate(first, 0.3, 2),
        "B1": second, "B2": mutate(second, 0.3, 3), "B3": mutate(second, 0.3, 4),
        "C1": random_sequence(3),
    }  # fmt: skip


@pytest.fixture(scope="session")
def poly_q() -> Callable[..., str]:
    """A sequence of low complexity, in which MMseqs2 does not even find itself."""

    def draw(seed: int, length: int = 80) -> str:
        generator = np.random.default_rng(seed)
        residues = np.full(length, "Q")
        others = generator.integers(0, length, length // 20)
        residues[others] = generator.choice(list("EHKLPR"), len(others))
        return "M" + "".join(residues)

    return draw
