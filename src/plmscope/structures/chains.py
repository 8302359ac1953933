"""Reading structure files: the protein chains in them, with the place of every Cα."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import gemmi
import numpy as np
from jaxtyping import Float

from plmscope.errors import PlmscopeError, in_short

SUFFIXES = (".pdb", ".ent", ".cif", ".mmcif")
UNKNOWN = "X"
_PROTONATED = {
    "ASH": "D", "CYM": "C", "CYX": "C", "GLH": "E", "HID": "H", "HIE": "H", "HIP": "H",
    "HSD": "H", "HSE": "H", "HSP": "H", "LYN": "K",
}  # fmt: skip
"""What AMBER and CHARMM call residues by their protons, in files prepared for them."""
_END_OF_PDB = b"END"
_PEPTIDES = (gemmi.PolymerType.PeptideL, gemmi.PolymerType.PeptideD)


class StructureError(PlmscopeError):
    """A structure, or a folder of them, that cannot be used."""


class Chain(NamedTuple):
    """A protein chain of a structure's first model.

    Attributes:
        name: In the file.
        n_models: Of the structure.
        sequence: The residues that are there, one letter each, modified ones as what they are made
            from, unknown ones as X.
        ca: Their Cα, Å; NaN where it is missing.
        may_be_cut_off: Whether the file lacks the line that ends a PDB file. Some programs leave it
            out.
    """

    name: str
    n_models: int
    sequence: str
    ca: Float[np.ndarray, "n_residues 3"]
    may_be_cut_off: bool = False


def find_structure_files(folder: Path) -> list[Path]:
    """The PDB and mmCIF files of a folder and those within, plain or gzipped, by name.

    Raises:
        StructureError: There is no such folder, or no such file in it.
    """
    if not folder.is_dir():
        raise StructureError(
            f"{folder} is no folder: put structure files (PDB or mmCIF) there, give another folder"
            " (--params structure_folder=<folder>), or let AlphaFold DB be asked (--params"
            " structures.alphafold=true)."
        )
    found = [path for path in sorted(folder.rglob("*")) if path.is_file() and _is_structure(path)]
    if not found:
        raise StructureError(
            f"{folder} has no structure files: they end in {', '.join(SUFFIXES)}, or in one of"
            " these and .gz."
        )
    return found


def read_chains(path: Path) -> list[Chain]:
    """The protein chains of a file.

    Raises:
        StructureError: Why there are none, without the file's name.
    """
    found = polymer_chains(read_structure(path))
    cut_off = _may_be_cut_off(path)
    return [chain._replace(may_be_cut_off=cut_off) for chain, _ in found]


def read_structure(path: Path) -> gemmi.Structure:
    """A structure with one conformation of each residue.

    Raises:
        StructureError: Why it cannot be read, without the file's name.
    """
    structure = _read(path)
    if not len(structure):
        raise StructureError("no atoms in it")
    structure.remove_alternative_conformations()
    structure.setup_entities()
    return structure


def polymer_chains(structure: gemmi.Structure) -> list[tuple[Chain, gemmi.ResidueSpan]]:
    """The protein chains of a structure's first model, with their residues.

    Raises:
        StructureError: There are none with a Cα.
    """
    polymers = [(chain.name, chain.get_polymer()) for chain in structure[0]]
    chains = [
        (
            Chain(
                name,
                len(structure),
                "".join(_letters(polymer)),
                np.array([_ca(residue) for residue in polymer]).reshape(-1, 3),
            ),
            polymer,
        )
        for name, polymer in polymers
        if polymer.check_polymer_type() in _PEPTIDES
    ]
    if not chains:
        raise StructureError("no protein chain in it")
    with_ca = [found for found in chains if not np.isnan(found[0].ca).all()]
    if not with_ca:
        raise StructureError("no Cα atoms in it")
    return with_ca


def _is_structure(path: Path) -> bool:
    return path.name.lower().removesuffix(".gz").endswith(SUFFIXES)


def _read(path: Path) -> gemmi.Structure:
    if not path.stat().st_size:
        raise StructureError("an empty file")
    try:
        return gemmi.read_structure(str(path), merge_chain_parts=True)
    except (RuntimeError, ValueError, UnicodeDecodeError, OSError) as error:
        said = in_short(error).replace(f"{path.parent}/", "")
        raise StructureError(f"cannot be read, it may be cut off or damaged ({said})") from error


def _may_be_cut_off(path: Path) -> bool:
    """Whether a PDB file has no last line. (Half a line, or half a table of mmCIF, is no file.)"""
    name = path.name.lower()
    if not name.removesuffix(".gz").endswith((".pdb", ".ent")):
        return False
    content = path.read_bytes()
    lines = (gzip.decompress(content) if name.endswith(".gz") else content).splitlines()
    return not any(line.startswith(_END_OF_PDB) for line in reversed(lines))


def _letters(polymer: gemmi.ResidueSpan) -> Iterator[str]:
    """One letter a residue; that of a modified one is its parent's, which gemmi's table knows."""
    for residue in polymer:
        tabulated = gemmi.find_tabulated_residue(residue.name).one_letter_code.upper()
        letter = _PROTONATED.get(residue.name, tabulated)
        yield letter if letter.isalpha() else UNKNOWN


def _ca(residue: gemmi.Residue) -> list[float]:
    atom = residue.find_atom("CA", "*", gemmi.Element("C"))
    return [np.nan] * 3 if atom is None else atom.pos.tolist()
