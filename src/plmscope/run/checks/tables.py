"""Refusing proteins with which a stage cannot come to an end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd
from kedro.io import DataCatalog, DatasetError

from plmscope.datasets.schemas.table_schema import TableSchemaError
from plmscope.errors import PlmscopeError
from plmscope.run.checks.lineage import tables_within
from plmscope.run.commands import Start, command_for, stage_of

ON_HELD_OUT = ("sae_training", "concept_analysis", "statistics_check", "controls")
"""Stages that cannot do without proteins of valid and test."""


class UnusableTableError(PlmscopeError):
    """A table that lacks what a stage needs of it."""


def load_given(catalog: DataCatalog, names: Iterable[str], start: Start) -> dict[str, Any]:
    """Load what a run is given, and refuse tables that are not as their schemas say.

    Args:
        catalog: Of the run, unread.
        names: Of what no node of the run makes.
        start: How the run was started, for the command.

    Raises:
        UnusableTableError: Naming the table, the column and the command that makes it again.
    """
    given = {}
    for name in names:
        try:
            given[name] = catalog.load(name)
        except DatasetError as error:
            fault = table_fault(error)
            if fault is None:
                raise
            stage = stage_of(name, start)
            remedy = f" Make it again: {command_for([stage], start)}" if stage else ""
            raise UnusableTableError(f"The table {name}: {fault}.{remedy}") from error
    return given


def table_fault(error: BaseException | None) -> TableSchemaError | None:
    """What a table's schema says of it, behind whatever Kedro has made of that."""
    while error is not None and not isinstance(error, TableSchemaError):
        error = error.__cause__
    return error


def check_tables(inputs: Mapping[str, Any], stage: str) -> None:
    """Refuse proteins of which none is held out, where a stage cannot do without.

    Args:
        inputs: By dataset name.
        stage: The pipeline that is given them.

    Raises:
        UnusableTableError: Naming the empty splits.
    """
    proteins = tables_within(inputs).get("proteins")
    if proteins is not None and stage in ON_HELD_OUT:
        _refuse_empty_splits(proteins["split"])


def _refuse_empty_splits(split: pd.Series[str]) -> None:
    empty = [name for name in ("train", "valid", "test") if not (split == name).any()]
    if empty:
        raise UnusableTableError(
            f"No protein is in {' or '.join(empty)}: SAEs learn on train, everything is chosen on"
            " valid and scored on test. Give ingestion more proteins, or another splits.seed."
        )
