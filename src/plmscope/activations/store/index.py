"""The index of a store: which rows of which shard are whose."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Int64

from plmscope.activations.store.manifest import (
    INDEX,
    MANIFEST,
    REMEDY,
    ActivationStoreError,
    StoreManifest,
)
from plmscope.disk.files import sha256_of_file
from plmscope.disk.parquet import read_parquet, write_parquet
from plmscope.errors import DamagedFileError


def make_index(
    accessions: Sequence[str], lengths: Sequence[int], shards: Sequence[range]
) -> pd.DataFrame:
    """Say where each protein is.

    Args:
        accessions: The proteins, in store order.
        lengths: Residues of each.
        shards: The proteins of each shard, as ranges over `accessions`.

    Returns:
        accession, shard, first_row (in the shard), n_rows.
    """
    index = pd.DataFrame({"accession": accessions, "n_rows": lengths})
    index["shard"] = [number for number, proteins in enumerate(shards) for _ in proteins]
    index["first_row"] = _first_rows(index)
    return index[["accession", "shard", "first_row", "n_rows"]]


def whole_proteins(
    offsets: Int64[np.ndarray, " n_proteins_plus_1"], max_residues: int
) -> Iterator[tuple[int, int]]:
    """Cut proteins, in their order, into blocks.

    Args:
        offsets: Protein i has the rows `offsets[i]` to `offsets[i + 1]`.
        max_residues: Most residues of a block; a longer protein is a block of its own.

    Yields:
        The first protein of each block, and one past its last.
    """
    start, n_proteins = 0, len(offsets) - 1
    while start < n_proteins:
        limit = np.searchsorted(offsets, offsets[start] + max_residues, side="right") - 1
        stop = max(int(limit), start + 1)
        yield start, stop
        start = stop


def write_index(index: pd.DataFrame, folder: Path) -> str:
    """Write the index of the store in `folder`; returns the sha256 of the file."""
    write_parquet(index, folder / INDEX)
    return sha256_of_file(folder / INDEX)


def read_index(folder: Path, manifest: StoreManifest) -> pd.DataFrame:
    """Read the index of the store in `folder`.

    Raises:
        ActivationStoreError: It is missing, damaged, or does not fit the manifest.
    """
    path = folder / INDEX
    if not path.exists():
        raise ActivationStoreError(f"{path} is missing. {REMEDY}")
    found = sha256_of_file(path)
    if found != manifest.index_sha256:
        raise ActivationStoreError(
            f"{path} is damaged, or of another store: its checksum is {found[:12]}…, the manifest"
            f" says {manifest.index_sha256[:12]}…. {REMEDY}"
        )
    try:
        index = read_parquet(path, REMEDY)
    except DamagedFileError as error:
        raise ActivationStoreError(str(error)) from error
    _check_rows(index, path, manifest)
    return index


def find_protein(index: pd.DataFrame, shard: int, row: int) -> str:
    """Whose a row of a shard is: the accession."""
    of_shard = index[index["shard"] == shard]
    position = of_shard["first_row"].searchsorted(row, side="right") - 1
    return str(of_shard["accession"].iloc[position])


def _check_rows(index: pd.DataFrame, path: Path, manifest: StoreManifest) -> None:
    """The proteins of a shard fill it, one after the other."""
    expected = [shard.n_residues for shard in manifest.shards]
    found = np.bincount(index["shard"], index["n_rows"], minlength=len(expected))
    if found.tolist() != expected:
        raise ActivationStoreError(
            f"{path} does not give each shard the rows that {MANIFEST} gives it. {REMEDY}"
        )
    if not index["first_row"].equals(_first_rows(index)):
        raise ActivationStoreError(
            f"{path} does not put the proteins of a shard one after the other. {REMEDY}"
        )


def _first_rows(index: pd.DataFrame) -> "pd.Series[int]":
    return (index.groupby("shard")["n_rows"].cumsum() - index["n_rows"]).rename("first_row")
