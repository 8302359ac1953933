"""Structures of the run's proteins, and those that somebody uploads."""

from __future__ import annotations

from pathlib import Path

from plmscope.dashboard.data.run import Run
from plmscope.disk.files import scratch_folder
from plmscope.disk.parquet import read_parquet
from plmscope.errors import PlmscopeError
from plmscope.structures import StructureError, place_protein
from plmscope.structures.chains import SUFFIXES

_MOST_BYTES = 20_000_000
_REMEDY = "Make it again with: kedro run --pipelines structures"


def find_structure(run: Run, accession: str) -> Path | None:
    """The file whose chain the run uses for a protein; None if there is none.

    Args:
        run: After the pipeline `structures`.
        accession: Of the protein.
    """
    table = run.data_root / "03_primary/structure_chains.parquet"
    if not accession or not table.is_file():
        return None
    wanted = [("accession", "==", accession), ("is_used", "==", True)]
    used = read_parquet(table, _REMEDY, columns=["path"], filters=wanted)
    paths = [Path(path) for path in used["path"]]
    return next((path for path in paths if path.is_file()), None)


def place_upload(name: str, content: bytes, sequence: str) -> str:
    """A structure that was uploaded, numbered as the protein is.

    Args:
        name: Of the file, of which the suffix alone is used.
        content: Of the file.
        sequence: Of the protein.

    Raises:
        PlmscopeError: It is too large, no structure, or of another protein.
    """
    if len(content) > _MOST_BYTES:
        raise StructureError(f"it has more than {_MOST_BYTES // 10**6} MB")
    lower = name.lower()
    suffixes = (f"{suffix}{packed}" for suffix in SUFFIXES for packed in ("", ".gz"))
    suffix = next((suffix for suffix in suffixes if lower.endswith(suffix)), None)
    if suffix is None:
        raise PlmscopeError(f"structures end in {', '.join(SUFFIXES)}, or in one of these and .gz")
    with scratch_folder() as folder:
        path = folder / f"uploaded{suffix}"
        path.write_bytes(content)
        return place_protein(path, sequence)
