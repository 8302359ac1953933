"""Choosing the proteins to work with."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np
import pandas as pd
from jaxtyping import UInt64

from plmscope.proteins.errors import ProteinTableError
from plmscope.proteins.reading.rejects import RejectLog
from plmscope.proteins.settings import IngestionSettings
from plmscope.proteins.tables import (
    READ_PROTEIN_COLUMNS,
    SAME_ACCESSION,
    make_table,
    reject_proteins,
)

NOT_DRAWN = "not drawn"
EXCLUDED = "named by ingestion.exclude"


def select_annotated(
    annotated: pd.DataFrame, settings: IngestionSettings, rejects: RejectLog
) -> pd.DataFrame:
    """Take the annotated proteins of the wanted lengths and, of these, the wanted number.

    `n_annotated` are drawn without replacement in order of accession, so that the draw does not
    depend on the order of a file.

    Args:
        annotated: Proteins of the UniProtKB table (`READ_PROTEIN_COLUMNS`).
        settings: Lengths, number and seed.
        rejects: Told of all the others.

    Returns:
        The proteins, in order of accession.
    """
    fitting = _fitting(annotated, settings, rejects).sort_values("accession", ignore_index=True)
    number = settings.n_annotated
    if number is None or number >= len(fitting):
        return fitting
    generator = np.random.default_rng(settings.seed)
    drawn = np.sort(generator.choice(len(fitting), size=number, replace=False))
    _reject(fitting.drop(drawn), "accession", NOT_DRAWN, rejects)
    return fitting.iloc[drawn].reset_index(drop=True)


def select_corpus(
    chunks: Iterable[pd.DataFrame],
    annotated: pd.Series[str],
    settings: IngestionSettings,
    rejects: RejectLog,
) -> pd.DataFrame:
    """The same for a corpus of any size, in one pass.

    Kept in memory is no more than twice what is drawn. Of the proteins that fit, those `n_corpus`
    are drawn whose accessions have the smallest keyed hashes: so neither the order of the file nor
    its other proteins decide.

    Args:
        chunks: The corpus, some proteins at a time (`READ_PROTEIN_COLUMNS`).
        annotated: Accessions that are annotated: a corpus protein with one of them is left out.
        settings: Lengths, number and seed.
        rejects: Told of all the others.

    Returns:
        The proteins, in order of accession.
    """
    known = pd.Index(annotated)
    draw = _KeyedDraw(settings.n_corpus, settings.seed, rejects)
    for chunk in chunks:
        is_known = known.get_indexer(pd.Index(chunk["accession"])) >= 0
        _reject(chunk[is_known], "accession", SAME_ACCESSION, rejects)
        draw.add(_fitting(chunk[~is_known], settings, rejects))
    return draw.drawn().sort_values("accession", ignore_index=True)


def refuse_unknown(exclude: tuple[str, ...], rejects: pd.DataFrame) -> None:
    """Stop where `exclude` names what was not read.

    Args:
        exclude: The accessions to leave out.
        rejects: What was left out.

    Raises:
        ProteinTableError: Naming the first such accession.
    """
    found = rejects.loc[rejects["reason"] == EXCLUDED, "accession"]
    unknown = sorted(set(exclude) - set(found))
    if unknown:
        raise ProteinTableError(
            f"ingestion.exclude names {unknown[0]}, which is no accession of a protein that was"
            " read. Mend or remove it."
        )


def _fitting(
    proteins: pd.DataFrame, settings: IngestionSettings, rejects: RejectLog
) -> pd.DataFrame:
    """Those that are not excluded, and of the wanted lengths."""
    in_windows = settings.long_sequences == "windows"
    shorter, longer = settings.min_length, settings.max_length
    excluded = proteins["accession"].isin(settings.exclude)
    too_short = ~excluded & (proteins["length"] < shorter)
    too_long = ~excluded & (proteins["length"] > longer) & (not in_windows)
    _reject(proteins[excluded], "accession", EXCLUDED, rejects)
    _reject(proteins[too_short], "length", f"shorter than min_length ({shorter})", rejects)
    _reject(proteins[too_long], "length", f"longer than max_length ({longer})", rejects)
    return proteins[~excluded & ~too_short & ~too_long]


def _reject(proteins: pd.DataFrame, field: str, reason: str, rejects: RejectLog) -> None:
    if len(proteins):
        rejects.add_all(reject_proteins(proteins, field, reason), reason)


class _KeyedDraw:
    """The proteins with the smallest keys so far.

    Args:
        number: How many to draw; None: all.
        seed: Of the keys.
        rejects: Told of those that are not drawn.
    """

    def __init__(self, number: int | None, seed: int, rejects: RejectLog) -> None:
        self._number, self._seed, self._rejects = number, seed, rejects
        self._chunks = [make_table([], READ_PROTEIN_COLUMNS)]
        self._keys: list[UInt64[np.ndarray, " n"]] = [np.empty(0, dtype=np.uint64)]

    def add(self, proteins: pd.DataFrame) -> None:
        """Take more of them into the draw."""
        self._chunks.append(proteins)
        if self._number is None:
            return
        self._keys.append(_keys(proteins["accession"], self._seed))
        if sum(map(len, self._chunks)) > 2 * self._number + len(proteins):
            self._narrow(self._number)

    def drawn(self) -> pd.DataFrame:
        """Those that are drawn."""
        if self._number is not None:
            self._narrow(self._number)
        return pd.concat(self._chunks, ignore_index=True)

    def _narrow(self, number: int) -> None:
        proteins, keys = pd.concat(self._chunks, ignore_index=True), np.concatenate(self._keys)
        order = np.argsort(keys, kind="stable")
        _reject(proteins.iloc[np.sort(order[number:])], "accession", NOT_DRAWN, self._rejects)
        kept = np.sort(order[:number])
        self._chunks, self._keys = [proteins.iloc[kept]], [keys[kept]]


def _keys(accessions: pd.Series[str], seed: int) -> UInt64[np.ndarray, " n"]:
    key = seed.to_bytes(16, "little")
    digests = [
        hashlib.blake2b(accession.encode(), digest_size=8, key=key).digest()
        for accession in accessions
    ]
    return np.frombuffer(b"".join(digests), dtype=np.uint64)
