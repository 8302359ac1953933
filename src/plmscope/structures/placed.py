"""One protein of a structure file, numbered as the protein is."""

from __future__ import annotations

from pathlib import Path

import gemmi

from plmscope.structures.alignment import Mapped, align_chain
from plmscope.structures.chains import StructureError, polymer_chains, read_structure

MOST_RESIDUES = 9999
"""A PDB file cannot number more."""


def place_protein(path: Path, sequence: str, min_identity: float = 0.9) -> str:
    """The chain of a structure that fits a protein best, its residues numbered as the protein's.

    Args:
        path: PDB or mmCIF, plain or gzipped.
        sequence: Of the protein.
        min_identity: Of the chain's aligned residues.

    Returns:
        A PDB file with the residues that are the protein's, as chain A.

    Raises:
        StructureError: It cannot be read, or is of another protein.
    """
    structure = read_structure(path)
    chains = polymer_chains(structure)
    aligned = [(align_chain(chain, sequence), polymer) for chain, polymer in chains]
    mapped, polymer = max(aligned, key=lambda pair: len(pair[0].of_chain))
    if mapped.identity < min_identity or 2 * len(mapped.of_chain) < len(polymer):
        raise StructureError(
            f"it is of another protein: of the {len(polymer)} residues of its best chain"
            f" {len(mapped.of_chain)} are those of this one"
        )
    if mapped.of_protein.max() >= MOST_RESIDUES:
        raise StructureError(f"the protein has more than {MOST_RESIDUES} residues")
    return _renumbered(polymer, mapped).make_minimal_pdb()


def _renumbered(polymer: gemmi.ResidueSpan, mapped: Mapped) -> gemmi.Structure:
    residues = list(polymer)
    chain = gemmi.Chain("A")
    for of_chain, of_protein in zip(mapped.of_chain, mapped.of_protein, strict=True):
        residue = residues[of_chain].clone()
        residue.seqid = gemmi.SeqId(str(of_protein + 1))
        residue.subchain = "A"
        chain.add_residue(residue)
    model = gemmi.Model(1)
    model.add_chain(chain)
    placed = gemmi.Structure()
    placed.add_model(model)
    placed.setup_entities()
    return placed
