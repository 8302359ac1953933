"""One protein of a structure, numbered as the protein is."""

from pathlib import Path

import gemmi
import pytest

from plmscope.structures import StructureError, place_protein

STRUCTURES = Path(__file__).parents[1] / "data/structures"


def test_residues_have_the_numbers_of_the_protein(sample_proteins):
    """4ZHL has those of chymotrypsin, with insertion codes."""
    sequence = sample_proteins.set_index("accession")["sequence"]["P00749"]
    placed = gemmi.read_pdb_string(place_protein(STRUCTURES / "4zhl_U.cif.gz", sequence))
    residues = list(placed[0]["A"])
    assert len(residues) == 244
    for residue in residues:
        letter = gemmi.find_tabulated_residue(residue.name).one_letter_code.upper()
        assert sequence[residue.seqid.num - 1] == letter
        assert residue.seqid.icode == " "


def test_another_protein_is_refused(letters):
    with pytest.raises(StructureError, match="it is of another protein: of the 76 residues"):
        place_protein(STRUCTURES / "1ubi.pdb.gz", letters(100))
