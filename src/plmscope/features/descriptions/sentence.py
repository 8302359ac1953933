"""A sentence for every feature, made of what was measured: no language model has a part in it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from plmscope.features.descriptions.shared_words import WORD_SEPARATOR
from plmscope.features.families.settings import NO_FAMILY
from plmscope.features.patterns.classes import (
    C_TERMINUS,
    LONG,
    N_TERMINUS,
    NEVER_ON,
    PERIODIC,
    SHORT,
    SINGLE,
    TOO_FEW,
    WHOLE,
)

_N_TOGETHER = 3
_USUAL_FRACTION = 0.01
_WORTH_SAYING = 0.1


def write_sentences(table: pd.DataFrame, n_proteins: int) -> list[str]:
    """Say in plain words what each feature is.

    Args:
        table: A row a feature: its pattern, motif, families, neighbours and scores, named as in
            `FEATURE_COLUMNS`; with `family_size` and `module_size`.
        n_proteins: Proteins that were surveyed.
    """
    rows: list[dict[Any, Any]] = table.to_dict("records")
    return [_sentence(row, n_proteins) for row in rows]


def _sentence(row: dict[str, Any], n_proteins: int) -> str:
    if row["pattern"] == NEVER_ON:
        return "Is never on in the proteins of this run."
    parts = [
        _where(row, n_proteins),
        _motif(row),
        _concept(row),
        _at_peaks(row),
        _structure(row),
        _words(row),
        _family(row),
    ]
    return " ".join(part for part in parts if part)


def _where(row: dict[str, Any], n_proteins: int) -> str:
    n = row["n_proteins_on"]
    fraction = n / max(n_proteins, 1)
    share = f"{fraction:.0%}" if fraction >= _USUAL_FRACTION else f"{fraction:.1%}"
    proteins = f"in {n:,} of {n_proteins:,} proteins ({share})"
    length = row["site_length"]
    how = {
        TOO_FEW: "On in too few proteins to tell a pattern:",
        WHOLE: f"On along whole proteins ({row['coverage']:.0%} of their residues),",
        PERIODIC: f"Periodic, every {row['period']} residues,",
        N_TERMINUS: "Peaks near the N terminus",
        C_TERMINUS: "Peaks near the C terminus",
        SINGLE: "Single residues",
        SHORT: f"Short stretches, mostly of {length} residues or fewer,",
        LONG: f"Long stretches, half of these residues in stretches of {length} or more,",
    }[row["pattern"]]
    return f"{how} {proteins}{_letters(row)}."


def _letters(row: dict[str, Any]) -> str:
    letters = row["amino_acids"]
    if not letters:
        return ""
    first = f"{letters[0]} ({row['top_amino_acid_share']:.0%} of them)"
    others = f", then {_listed(list(letters[1:]))}" if len(letters) > 1 else ""
    return f", on {first}{others}"


def _motif(row: dict[str, Any]) -> str:
    if not row["motif"]:
        return ""
    return (
        f"Around its peaks {row['motif']}, in {row['motif_share']:.0%} of"
        f" {row['n_motif_windows']} homology clusters of train."
    )


def _concept(row: dict[str, Any]) -> str:
    if row["name"]:
        return f"Stands for {row['name']}: test F1 {row['test_f1']:.2f}."
    if not row["concept"] or not np.isfinite(row["test_f1"]) or row["test_f1"] < _WORTH_SAYING:
        return "Goes with no concept."
    return f"No name: closest is {row['concept']}, test F1 {row['test_f1']:.2f}."


def _at_peaks(row: dict[str, Any]) -> str:
    if not row["at_peaks"] or row["at_peaks"] == row["name"]:
        return ""
    return f"{row['n_at_peaks']} of its {row['n_peaks']} highest peaks are in {row['at_peaks']}."


def _structure(row: dict[str, Any]) -> str:
    if not row["structure_at_peaks"] or row["structure_at_peaks"] == row["name"]:
        return ""
    where = {"Helix": "helices", "Beta strand": "strands", "Turn": "turns"}
    n_in, n_known = row["n_in_structure"], row["n_with_structure"]
    kind = where[row["structure_at_peaks"]]
    return f"Of {n_known} highest peaks in known structures {n_in} are in {kind}."


def _words(row: dict[str, Any]) -> str:
    if not row["shared_words"]:
        return ""
    first, *others = row["shared_words"].split(WORD_SEPARATOR)
    more = f", some also {_listed([f'“{word}”' for word in others])}" if others else ""
    return (
        f"{row['n_with_word']} of the {row['n_peaks']} proteins with its highest peaks share the"
        f" word “{first}”{more}."
    )


def _family(row: dict[str, Any]) -> str:
    parts = [
        f"{what} {row[column]} ({row[f'{column}_name']}; {row[f'{column}_size']} features)"
        for column, what in (("family", "family"), ("module", "co-activation module"))
        if row[column] != NO_FAMILY
    ]
    together = [f"f/{other}" for other in row["co_active"][:_N_TOGETHER]]
    member = f"In {' and '.join(parts)}." if parts else ""
    fires = f"Fires together with {_listed(together)}." if together else ""
    return f"{member} {fires}".strip()


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
