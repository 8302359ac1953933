"""What the language model is asked: public fields of proteins, and where a feature fires."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import pandas as pd

Messages: TypeAlias = list[dict[str, str]]
PUBLIC_FIELDS = ("accession", "protein_name", "gene_names", "organism", "length")
"""All that is said of a protein beside its residues; UniProtKB has them."""
_LONGEST = 60
"""Residues listed of one protein, those where the feature fires most."""

_SYSTEM = (
    "You are an expert of proteins. You study one feature of a protein language model, by the"
    " proteins and residues where it is active. Answer with one JSON object and nothing else."
)
_DESCRIBE = (
    "Below are proteins with the feature's highest activation in each, from 0 to 1, and the"
    " residues where it is active, as letter and position with the activation. Proteins with 0 show"
    " where it is not active. Say what the feature responds to: which residues, motif,"
    " structure, function or family, and where it does not. Answer"
    ' {"description": "<a paragraph>", "summary": "<one'
    ' sentence>"}.'
)
_PREDICT = (
    "A feature is described so: {description}\nSummary: {summary}\nBelow are other proteins, with"
    " their sequences. Predict the feature's highest activation in each, from 0 (not active) to 1."
    ' Answer {{"predictions": {{"<accession>": <number>, …}}}} with every accession.'
)


def ask_to_describe(shown: pd.DataFrame, proteins: pd.DataFrame) -> Messages:
    """The question what a feature responds to.

    Args:
        shown: accession, peak, positions, values.
        proteins: Their public fields and sequences, indexed by accession.
    """
    lines = []
    for row in shown.sort_values("peak", ascending=False).to_dict("records"):
        protein = proteins.loc[row["accession"]]
        sequence = str(protein["sequence"])
        order = np.argsort(-np.asarray(row["values"]), kind="stable")[:_LONGEST]
        listed = " ".join(
            f"{sequence[row['positions'][i] - 1]}{row['positions'][i]}:{row['values'][i]:.1f}"
            for i in np.sort(order)
        )
        lines.append(f"{_fields(row['accession'], protein)} | {row['peak']:.1f} | {listed}")
    head = " | ".join([*PUBLIC_FIELDS, "highest activation", "active residues"])
    return _messages("\n".join([_DESCRIBE, "", head, *lines]))


def ask_to_predict(
    held_out: pd.DataFrame, proteins: pd.DataFrame, description: str, summary: str
) -> Messages:
    """The question where a described feature fires; nothing says where it does.

    Args:
        held_out: accession.
        proteins: Their public fields and sequences, indexed by accession.
        description: The model's own.
        summary: The same, short.
    """
    lines = [
        f"{_fields(accession, proteins.loc[accession])} | {proteins.loc[accession, 'sequence']}"
        for accession in sorted(held_out["accession"])
    ]
    question = _PREDICT.format(description=description, summary=summary)
    return _messages("\n".join([question, "", " | ".join([*PUBLIC_FIELDS, "sequence"]), *lines]))


def _fields(accession: Any, protein: Any) -> str:
    values = [accession, *(protein[name] for name in PUBLIC_FIELDS[1:])]
    return " | ".join("" if pd.isna(value) else str(value) for value in values)


def _messages(question: str) -> Messages:
    return [{"role": "system", "content": _SYSTEM}, {"role": "user", "content": question}]
