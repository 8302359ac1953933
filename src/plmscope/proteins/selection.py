"""Choosing the proteins to work with."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np
import pandas as pd
from jaxtyping import UInt64

from plmscope.proteins.annotations import order_by_protein
from plmscope.proteins.errors import ProteinTableError
from plmscope.proteins.reading.rejects import RejectLog
from plmscope.proteins.reading.seen import SeenAccessions
from plmscope.proteins.reading.uniprot_pass import UniprotChunk
from plmscope.proteins.settings import IngestionSettings
from plmscope.proteins.tables import (
    ANNOTATION_COLUMNS,
    READ_PROTEIN_COLUMNS,
    SAME_ACCESSION,
    make_table,
    reject_proteins,
)

NOT_DRAWN = "not drawn"
EXCLUDED = "named by ingestion.exclude"


def select_annotated(
    chunks: Iterable[UniprotChunk], settings: IngestionSettings, rejects: RejectLog
) -> UniprotChunk:
    """Take the annotated proteins of the wanted lengths and, of these, the wanted number.

    One pass over a file of any size: kept in memory is no more than twice what is drawn. Of the
    proteins that fit, those `n_annotated` are drawn whose accessions have the smallest keyed
    hashes: so neither the order of the file nor its other proteins decide.

    Args:
        chunks: The file, some proteins at a time.
        settings: Lengths, number and seed.
        rejects: Told of all the others.

    Returns:
        The proteins and their annotations, in order of accession.
    """
    draw = _KeyedDraw(settings.n_annotated, settings.seed, rejects)
    for chunk in chunks:
        draw.add(_fitting(chunk.proteins, settings, rejects), chunk.annotations)
    return draw.drawn()


def select_corpus(
    chunks: Iterable[pd.DataFrame],
    annotated: SeenAccessions,
    settings: IngestionSettings,
    rejects: RejectLog,
) -> pd.DataFrame:
    """The same for a corpus, of which `n_corpus` are drawn.

    Args:
        chunks: The corpus, some proteins at a time (`READ_PROTEIN_COLUMNS`).
        annotated: Accessions that are annotated: a corpus protein with one of them is left out.
        settings: Lengths, number and seed.
        rejects: Told of all the others.

    Returns:
        The proteins, in order of accession.
    """
    draw = _KeyedDraw(settings.n_corpus, settings.seed, rejects)
    no_annotations = make_table([], ANNOTATION_COLUMNS)
    for chunk in chunks:
        is_known = np.array([found is not None for found in annotated.find(chunk["accession"])])
        is_known = is_known.astype(bool)  # also where the chunk is empty
        _reject(chunk[is_known], "accession", SAME_ACCESSION, rejects)
        draw.add(_fitting(chunk[~is_known], settings, rejects), no_annotations)
    return draw.drawn().proteins


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
    """The proteins with the smallest keys so far, and their annotations.

    Args:
        number: How many to draw; None: all.
        seed: Of the keys.
        rejects: Told of those that are not drawn.
    """

    def __init__(self, number: int | None, seed: int, rejects: RejectLog) -> None:
        self._number, self._seed, self._rejects = number, seed, rejects
        self._proteins = [make_table([], READ_PROTEIN_COLUMNS)]
        self._annotations = [make_table([], ANNOTATION_COLUMNS)]
        self._keys: list[UInt64[np.ndarray, " n"]] = [np.empty(0, dtype=np.uint64)]

    def add(self, proteins: pd.DataFrame, annotations: pd.DataFrame) -> None:
        """Take more proteins into the draw; annotations of others are dropped."""
        self._proteins.append(proteins)
        self._annotations.append(_of_these(annotations, proteins))
        if self._number is None:
            return
        self._keys.append(_keys(proteins["accession"], self._seed))
        if sum(map(len, self._proteins)) > 2 * self._number + len(proteins):
            self._narrow(self._number)

    def drawn(self) -> UniprotChunk:
        """Those that are drawn, in order of accession."""
        if self._number is not None:
            self._narrow(self._number)
        return UniprotChunk(
            pd.concat(self._proteins).sort_values("accession", ignore_index=True),
            order_by_protein(pd.concat(self._annotations)),
        )

    def _narrow(self, number: int) -> None:
        proteins, keys = pd.concat(self._proteins, ignore_index=True), np.concatenate(self._keys)
        order = np.argsort(keys, kind="stable")
        _reject(proteins.iloc[np.sort(order[number:])], "accession", NOT_DRAWN, self._rejects)
        kept = np.sort(order[:number])
        self._proteins, self._keys = [proteins.iloc[kept]], [keys[kept]]
        self._annotations = [_of_these(pd.concat(self._annotations), proteins.iloc[kept])]


def _of_these(annotations: pd.DataFrame, proteins: pd.DataFrame) -> pd.DataFrame:
    return annotations[annotations["accession"].isin(proteins["accession"])]


def _keys(accessions: pd.Series[str], seed: int) -> UInt64[np.ndarray, " n"]:
    key = seed.to_bytes(16, "little")
    digests = [
        hashlib.blake2b(accession.encode(), digest_size=8, key=key).digest()
        for accession in accessions
    ]
    return np.frombuffer(b"".join(digests), dtype=np.uint64)
