"""Structures written by hand: chains of Cα."""

import gemmi
import numpy as np


def helix(n):
    """Cα of an α helix: 3.8 Å from each to the next, contacts at three and four residues."""
    turn = np.deg2rad(100) * np.arange(n)
    return np.stack([2.3 * np.cos(turn), 2.3 * np.sin(turn), 1.5 * np.arange(n)], axis=1)


def write_structure(path, chains, *, names=None, numbers=None, n_models=1, atom="CA"):
    """Write chains, {name: (sequence, ca)}, as PDB or mmCIF by the path's suffix.

    `names` gives the residue names of a chain, `numbers` its residue numbers, such as "37A".
    """
    structure = gemmi.Structure()
    for number in range(1, n_models + 1):
        model = gemmi.Model(number)
        for chain_name, (sequence, ca) in chains.items():
            chain = gemmi.Chain(chain_name)
            for i, (letter, place) in enumerate(zip(sequence, ca, strict=True)):
                residue = gemmi.Residue()
                residue.name = (names or {}).get(
                    i, gemmi.expand_one_letter(letter, gemmi.ResidueKind.AA)
                )
                residue.seqid = gemmi.SeqId(numbers[i] if numbers else str(i + 1))
                residue.entity_type = gemmi.EntityType.Polymer
                one = gemmi.Atom()
                one.name, one.element = atom, gemmi.Element("C")
                one.pos = gemmi.Position(*(place + 0.01 * number))
                residue.add_atom(one)
                chain.add_residue(residue)
            model.add_chain(chain)
        structure.add_model(model)
    structure.setup_entities()
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".pdb":
        structure.write_pdb(str(path))
    else:
        structure.make_mmcif_document().write_file(str(path))
    return path
