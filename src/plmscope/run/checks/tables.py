"""Refusing tables that another program has rewritten so that a stage cannot use them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from plmscope.errors import PlmscopeError
from plmscope.proteins.tables import ANNOTATION_COLUMNS, PROTEIN_COLUMNS
from plmscope.run.commands import Start, command_for

COLUMNS = {
    "proteins": tuple(PROTEIN_COLUMNS),
    "annotations": tuple(ANNOTATION_COLUMNS),
    "concepts": ("concept", "category", "level", "kept"),
}
"""What later stages take from the tables that ingestion writes, and a person may cut down."""

ON_HELD_OUT = ("sae_training", "concept_analysis", "calibration", "controls")
"""Stages that cannot do without proteins of valid and test."""


class UnusableTableError(PlmscopeError):
    """A table that lacks what a stage needs of it."""


def check_tables(inputs: Mapping[str, Any], stage: str, start: Start) -> None:
    """Refuse tables of ingestion without a needed column, or without held-out proteins.

    Args:
        inputs: By dataset name.
        stage: The pipeline that is given them.
        start: How the run was started, for the command.

    Raises:
        UnusableTableError: Naming the table and what it lacks.
    """
    remedy = f"Make it again: {command_for(['ingestion'], start)}"
    for name, columns in COLUMNS.items():
        if name in inputs:
            lacking = [column for column in columns if column not in inputs[name]]
            if lacking:
                raise UnusableTableError(
                    f"The table {name} has no column {', '.join(lacking)}; it needs"
                    f" {', '.join(columns)}. {remedy}"
                )
    if "concepts" in inputs and not _is_yes_or_no(inputs["concepts"]["kept"]):
        raise UnusableTableError(
            f"In the table concepts, kept must be true or false in each row. {remedy}"
        )
    if "proteins" in inputs and stage in ON_HELD_OUT:
        _refuse_empty_splits(inputs["proteins"]["split"])


def _is_yes_or_no(column: pd.Series[Any]) -> bool:
    return pd.api.types.is_bool_dtype(column) and not column.isna().any()


def _refuse_empty_splits(split: pd.Series[str]) -> None:
    empty = [name for name in ("train", "valid", "test") if not (split == name).any()]
    if empty:
        raise UnusableTableError(
            f"No protein is in {' or '.join(empty)}: SAEs learn on train, everything is chosen on"
            " valid and scored on test. Give ingestion more proteins, or another splits.seed."
        )
