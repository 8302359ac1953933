"""The structures of a folder, and the proteins whose residues they place."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from plmscope.progress import show_progress
from plmscope.proteins.homology.mmseqs import search_sequences
from plmscope.structures.alignment import Mapped, align_chain
from plmscope.structures.chains import Chain, StructureError, read_chains
from plmscope.structures.settings import StructureSettings

logger = logging.getLogger(__name__)

RESIDUES = ["accession", "position", "x", "y", "z"]
CHAINS = [
    "file", "chain", "accession", "n_models", "n_residues", "n_mapped", "n_mismatches",
    "n_unmapped", "identity", "may_be_cut_off", "path", "is_used",
]  # fmt: skip
REJECTS = ["file", "chain", "accession", "reason"]
_MIN_COVERAGE = 0.5
_MIN_SEARCH_IDENTITY = 0.5
"""To MMseqs2 a missing loop counts as residues of another kind; what fits is seen on aligning."""
_NOT_FOUND = "no protein of the run has this sequence"
_BETWEEN_WORDS = re.compile(r"[^A-Za-z0-9]+")


class MappedStructures(NamedTuple):
    """Where the residues of proteins are in space.

    Attributes:
        residues: `RESIDUES`: a row a placed residue of each protein, position 1-based, in Å.
        chains: `CHAINS`: a row a chain and protein that it belongs to; `is_used` marks the one
            chain whose residues are taken for the protein. `n_mismatches` are aligned residues of
            another kind, `n_unmapped` those of the chain that are not of the protein (tags);
            `may_be_cut_off` says that a PDB file has no END; `path` is where the file was.
        rejects: `REJECTS`: files and chains that are not used, and why.
    """

    residues: pd.DataFrame
    chains: pd.DataFrame
    rejects: pd.DataFrame


class _Candidate(NamedTuple):
    """A chain, and the protein that it may be of ("" before that is known)."""

    path: Path
    chain: Chain
    accession: str
    is_named: bool
    """Whether the file's name says the protein; otherwise its sequence was looked up."""

    @property
    def file(self) -> str:
        """The name of its file."""
        return self.path.name


def map_structures(
    files: Sequence[Path], proteins: pd.DataFrame, settings: StructureSettings
) -> MappedStructures:
    """Place the residues of proteins by structures.

    A file whose name says an accession (`P69905.cif`, `AF-P69905-F1-model_v4.pdb.gz`) is held
    against that protein, others against the proteins that MMseqs2 finds for their sequence. Of
    several chains the one that places most residues of a protein is used.

    Args:
        files: PDB or mmCIF.
        proteins: accession, sequence.
        settings: How well a chain must fit.
    """
    sequences = proteins.set_index("accession")["sequence"]
    read, rejects = _read_files(files, sequences)
    rows, placed, settled = [], [], set()
    for candidate in _find_proteins(read, sequences):
        mapped = align_chain(candidate.chain, sequences[candidate.accession])
        why_not = _why_not(candidate, mapped, settings)
        if why_not and not candidate.is_named and mapped.identity < settings.min_identity:
            continue  # a relative that the search found
        settled.add((candidate.path, candidate.chain.name))
        if why_not:
            rejects.append((candidate.file, candidate.chain.name, candidate.accession, why_not))
            continue
        residues = _residues(candidate, mapped)
        rows.append(_row(candidate, mapped, len(residues)))
        placed.append(residues)
    chains = _mark_used(pd.DataFrame(rows, columns=CHAINS[:-1]))
    rejects += [
        (each.file, each.chain.name, "", _NOT_FOUND)
        for each in read
        if (each.path, each.chain.name) not in settled
    ]
    for file in sorted(set(chains.loc[chains["may_be_cut_off"].astype(bool), "file"])):
        logger.warning("%s has no END line: it may be cut off. What is there is used", file)
    used = [_no_residues()] + [placed[number] for number in np.flatnonzero(chains["is_used"])]
    logger.info(
        "%d of %d proteins have a structure; %d files or chains are not used",
        *(len(used) - 1, len(proteins), len(rejects)),
    )
    return MappedStructures(
        pd.concat(used, ignore_index=True), chains, pd.DataFrame(rejects, columns=REJECTS)
    )


Rejects = list[tuple[str, str, str, str]]


def _read_files(files: Sequence[Path], sequences: pd.Series) -> tuple[list[_Candidate], Rejects]:
    """The chains of all files that can be read."""
    candidates: list[_Candidate] = []
    rejects: Rejects = []
    with show_progress("reading structures", len(files), "file") as progress:
        for path in files:
            accession = _named_by(path, sequences.index)
            try:
                chains = read_chains(path)
                candidates += [
                    _Candidate(path, chain, accession, bool(accession)) for chain in chains
                ]
            except StructureError as error:
                rejects.append((path.name, "", accession, str(error)))
            progress.update()
    return candidates, rejects


def _named_by(path: Path, accessions: pd.Index) -> str:
    """The protein that a file's name says, "" where it says none of the run."""
    words = _BETWEEN_WORDS.split(path.name.upper())
    return next((word for word in words if word in accessions), "")


def _find_proteins(candidates: list[_Candidate], sequences: pd.Series) -> Iterator[_Candidate]:
    """The chains whose protein is known, and each other with all proteins that it may be of."""
    yield from (candidate for candidate in candidates if candidate.is_named)
    unnamed = [candidate for candidate in candidates if not candidate.is_named]
    if not unnamed:
        return
    hits = search_sequences(
        [candidate.chain.sequence for candidate in unnamed],
        sequences.tolist(),
        min_identity=_MIN_SEARCH_IDENTITY,
    )
    likely = hits[hits["query_coverage"] >= _MIN_COVERAGE].sort_values(["query", "target"])
    for query, target in zip(likely["query"], likely["target"], strict=True):
        yield unnamed[query]._replace(accession=str(sequences.index[target]))


def _why_not(candidate: _Candidate, mapped: Mapped, settings: StructureSettings) -> str:
    """Why a chain is not used for a protein; "" where it is."""
    n_aligned = len(mapped.of_chain) + mapped.n_mismatches
    n = len(candidate.chain.sequence)
    if n < settings.min_residues:
        return f"only {n} residues, fewer than {settings.min_residues} (structures.min_residues)"
    if mapped.identity < settings.min_identity or n_aligned < _MIN_COVERAGE * n:
        return (
            f"the sequence of another protein: of its {n} residues {len(mapped.of_chain)} are those"
            f" of {candidate.accession}"
        )
    if len(mapped.of_chain) < settings.min_residues:
        return (
            f"only {len(mapped.of_chain)} residues of {candidate.accession}, fewer than"
            f" {settings.min_residues} (structures.min_residues)"
        )
    return ""


def _residues(candidate: _Candidate, mapped: Mapped) -> pd.DataFrame:
    """The mapped residues that have a Cα."""
    places = candidate.chain.ca[mapped.of_chain].astype(np.float32)
    table = pd.DataFrame(places, columns=["x", "y", "z"])
    table.insert(0, "position", mapped.of_protein + 1)
    table.insert(0, "accession", candidate.accession)
    return table.dropna().reset_index(drop=True)


def _no_residues() -> pd.DataFrame:
    kinds = {"accession": "str", "position": "int64", **dict.fromkeys("xyz", "float32")}
    return pd.DataFrame({name: [] for name in kinds}).astype(kinds)


def _row(candidate: _Candidate, mapped: Mapped, n_placed: int) -> dict[str, object]:
    n = len(candidate.chain.sequence)
    return {
        "file": candidate.file,
        "chain": candidate.chain.name,
        "accession": candidate.accession,
        "n_models": candidate.chain.n_models,
        "n_residues": n,
        "n_mapped": n_placed,
        "n_mismatches": mapped.n_mismatches,
        "n_unmapped": n - len(mapped.of_chain) - mapped.n_mismatches,
        "identity": mapped.identity,
        "may_be_cut_off": candidate.chain.may_be_cut_off,
        "path": str(candidate.path),
    }


def _mark_used(chains: pd.DataFrame) -> pd.DataFrame:
    """The chain that places most residues of each protein, the first of several."""
    best = chains.sort_values("n_mapped", ascending=False, kind="stable")
    first = best.drop_duplicates("accession").index
    return chains.assign(is_used=chains.index.isin(first))
