"""Refusing proteins with which a stage cannot come to an end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from plmscope.errors import PlmscopeError
from plmscope.run.checks.lineage import tables_within

ON_HELD_OUT = ("sae_training", "concept_analysis", "statistics_check", "controls")
"""Stages that cannot do without proteins of valid and test."""


class UnusableTableError(PlmscopeError):
    """A table that lacks what a stage needs of it."""


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
