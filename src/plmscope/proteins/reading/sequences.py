"""What a sequence may hold, and what is mended in one."""

import re
from typing import NamedTuple

# The 20 amino acids; U selenocysteine, O pyrrolysine; B, Z, J ambiguous pairs; X unknown.
RESIDUE_LETTERS = "ACDEFGHIKLMNPQRSTVWYXBUZOJ"

_SOUND = re.compile(f"[{RESIDUE_LETTERS}]+")
_UNKNOWN_LETTER = re.compile(f"[^{RESIDUE_LETTERS}]")
_WHITE_SPACE = re.compile(r"\s+")


class CleanSequence(NamedTuple):
    """A sequence after cleaning.

    Args:
        residues: One letter of `RESIDUE_LETTERS` a residue.
        repairs: What was mended, in words; "" if nothing.
        problem: Why it cannot be used; "" if it can.
        offence: What makes it unusable, and where.
    """

    residues: str
    repairs: str = ""
    problem: str = ""
    offence: str = ""


def clean_sequence(text: str) -> CleanSequence:
    """Mend what does not move a residue; refuse what might.

    Mended: white space is removed, lower case is raised, one final `*` (a stop codon) is dropped.
    Any other character (an inner `*`, `-`, a digit) makes the sequence unusable: to drop or to
    replace it would shift the residues against their annotations, or invent one.
    """
    if _SOUND.fullmatch(text):
        return CleanSequence(text)
    repairs = []
    residues = _WHITE_SPACE.sub("", text)
    if residues != text:
        repairs.append("white space removed")
    if not residues.isupper() and residues.upper() != residues:
        residues = residues.upper()
        repairs.append("lower case raised")
    if residues.endswith("*"):
        residues = residues[:-1]
        repairs.append("final * dropped")
    return CleanSequence(residues, "; ".join(repairs), *_problem_of(residues))


def _problem_of(residues: str) -> tuple[str, str]:
    if not residues:
        return "no sequence", ""
    if unknown := _UNKNOWN_LETTER.search(residues):
        return "a character that is no amino acid", f"{unknown[0]} at {unknown.start() + 1}"
    return "", ""
