"""Which residue of a protein each residue of a chain is.

The numbers in structure files are not used: they follow a precursor, a construct or another
isoform, skip, repeat with insertion codes, and start anywhere.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import gemmi
import numpy as np
from jaxtyping import Float, Int

from plmscope.structures.chains import Chain

_MISMATCH_COSTS = 2  # matches: the residues of a tag agree by chance one time in 20
_BREAK = 4.5  # Å between the Cα of successive residues; a peptide bond makes it 3.8, or 2.9
_STEPS = re.compile(r"(\d+)([MID])")


class Mapped(NamedTuple):
    """What a chain is of a protein.

    Attributes:
        of_chain: Residues of the chain, 0-based,
        of_protein: and of the protein, that are aligned and of the same kind.
        n_mismatches: Aligned residues of another kind.
    """

    of_chain: Int[np.ndarray, " n_mapped"]
    of_protein: Int[np.ndarray, " n_mapped"]
    n_mismatches: int

    @property
    def identity(self) -> float:
        """Of the aligned residues."""
        return len(self.of_chain) / max(1, len(self.of_chain) + self.n_mismatches)


def align_chain(chain: Chain, sequence: str) -> Mapped:
    """Align a chain to the sequence of its protein.

    gemmi's alignment: residues may be missing where the chain is broken at no cost, elsewhere at a
    high one. Where a repeat fits several times, the first is taken. Ends that do not fit, such as
    tags, are left out.

    Args:
        chain: With the places of its Cα.
        sequence: Of the protein.
    """
    scoring = gemmi.AlignmentScoring("b")
    result = gemmi.align_string_sequences(
        list(sequence), list(chain.sequence), _gap_costs(chain.ca, scoring), scoring
    )
    of_chain, of_protein = _aligned(result.cigar_str())
    letters = np.array(list(chain.sequence)), np.array(list(sequence))
    agree = letters[0][of_chain] == letters[1][of_protein]
    fitting = _best_stretch(np.where(agree, 1, -_MISMATCH_COSTS))
    of_chain, of_protein, agree = of_chain[fitting], of_protein[fitting], agree[fitting]
    return Mapped(of_chain[agree], of_protein[agree], int((~agree).sum()))


def _gap_costs(ca: Float[np.ndarray, "n 3"], scoring: gemmi.AlignmentScoring) -> list[int]:
    """What it costs to leave residues out before each residue, and after the last."""
    apart = np.linalg.norm(np.diff(ca, axis=0), axis=1)
    within = np.where(apart > _BREAK, scoring.good_gapo, scoring.bad_gapo)
    return [0, *within.tolist(), 0]


def _aligned(cigar: str) -> tuple[Int[np.ndarray, " n"], Int[np.ndarray, " n"]]:
    """The aligned residues of chain and protein, in order."""
    chain, protein = 0, 0
    pairs: list[tuple[np.ndarray, np.ndarray]] = []
    for length, step in _STEPS.findall(cigar):
        n = int(length)
        if step == "M":
            pairs.append((np.arange(chain, chain + n), np.arange(protein, protein + n)))
        chain += n * (step in "MD")
        protein += n * (step in "MI")
    if not pairs:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    of_chain, of_protein = zip(*pairs, strict=True)
    return np.concatenate(of_chain), np.concatenate(of_protein)


def _best_stretch(scores: Int[np.ndarray, " n"]) -> slice:
    """The stretch with the highest sum."""
    total = np.concatenate([[0], np.cumsum(scores)])
    gains = total - np.minimum.accumulate(total)
    end = int(gains.argmax())
    return slice(int(total[: end + 1].argmin()), end)
