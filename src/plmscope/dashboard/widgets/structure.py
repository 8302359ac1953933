"""A protein's structure, coloured by activation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anywidget
import traitlets

_HERE = Path(__file__)
_LIBRARY = _HERE.parents[1] / "vendor/3Dmol-2.5.5.min.js"
"""3Dmol (Rego & Koes 2015, BSD-3-Clause; its licence is beside it), as npm has it."""


def _with_library() -> str:
    """Our script behind the library's, which looks for a module system."""
    return "\n".join(
        [
            "const threeDmol = (() => { const module = { exports: {} }, exports = module.exports;",
            _LIBRARY.read_text(encoding="utf-8"),
            "return module.exports; })();",
            _HERE.with_suffix(".js").read_text(encoding="utf-8"),
        ]
    )


class StructureViewer(anywidget.AnyWidget):
    """A cartoon of a structure whose residues are numbered as the protein's.

    Attributes:
        pdb: The structure as a PDB file; "" for none.
        title: What it is, for who cannot see it.
        colours: Position and colour of each residue where a feature is on.
        sticks: Positions drawn as sticks too.
        hovered: The residue under the pointer, 0 for none.
    """

    _esm = _with_library()

    pdb = traitlets.Unicode("").tag(sync=True)
    title = traitlets.Unicode("structure").tag(sync=True)
    colours: traitlets.List[Any] = traitlets.List().tag(sync=True)
    sticks: traitlets.List[int] = traitlets.List().tag(sync=True)
    hovered = traitlets.Int(0).tag(sync=True)
