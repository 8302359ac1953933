"""Hashes by which stages see whether they are about the same proteins."""

from collections.abc import Iterable

from plmscope.disk.files import sha256_of_json


def hash_of_proteins(accessions: Iterable[str], sequences: Iterable[str]) -> str:
    """The sha256 of accessions and sequences, in their order."""
    return sha256_of_json(list(accessions), list(sequences))


def hash_of_accessions(accessions: Iterable[str]) -> str:
    """The sha256 of the accessions of a split, in their order."""
    return sha256_of_json(list(accessions))
