"""Checks of a table's columns, types and ranges, a whole column at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import pandas as pd
from pandas.api import types

from plmscope.errors import PlmscopeError

Kind = Literal["text", "whole", "number", "yes_no", "list"]

_IS_KIND = {
    "text": lambda column: types.is_string_dtype(column) or types.is_object_dtype(column),
    "whole": types.is_integer_dtype,
    "number": types.is_numeric_dtype,
    "yes_no": types.is_bool_dtype,
    "list": types.is_object_dtype,
}
_CALLED = {
    "text": "text",
    "whole": "whole numbers",
    "number": "numbers",
    "yes_no": "true or false in each row",
    "list": "lists",
}


ROUNDING = 1e-9
"""By so much a bound may be above what it bounds."""


class TableSchemaError(PlmscopeError):
    """A table that is not what the stages after it rely on."""


class Column(NamedTuple):
    """What one column holds.

    Attributes:
        kind: Of its values.
        low: The least value. None: any.
        high: The greatest value. None: any.
        among: The only values there may be. None: any.
        may_lack: Whether a value may be missing.
    """

    kind: Kind
    low: float | None = None
    high: float | None = None
    among: tuple[str, ...] | None = None
    may_lack: bool = False


TEXT = Column("text")
COUNT = Column("whole", low=0)
PLACE = Column("whole", low=1)
NUMBER = Column("number")
POSITIVE = Column("number", low=0)
FRACTION = Column("number", low=0, high=1)
YES_NO = Column("yes_no")
LIST = Column("list")


class TableSchema:
    """The columns that a table must have; further ones may stand beside them.

    Args:
        columns: By name.
        ordered: Pairs of columns of which the first is never above the second.
        may_lack: Whether there may be no such table: one without columns then becomes one without
            rows, see `OptionalTableDataset`.
    """

    def __init__(
        self,
        columns: Mapping[str, Column],
        ordered: tuple[tuple[str, str], ...] = (),
        *,
        may_lack: bool = False,
    ) -> None:
        self.columns, self._ordered, self._may_lack = dict(columns), ordered, may_lack

    def validate(self, data: Any) -> pd.DataFrame:
        """Give the table back if it is as it should be, as Kedro asks of a validator.

        Raises:
            TableSchemaError: Naming the column, and the first value that cannot be.
        """
        if self._may_lack and not len(data.columns):
            return pd.DataFrame(columns=list(self.columns))
        lacking = [name for name in self.columns if name not in data]
        if lacking:
            raise TableSchemaError(
                f"there is no column {', '.join(lacking)}; it needs {', '.join(self.columns)}"
            )
        if len(data):  # no rows, no types
            for name, column in self.columns.items():
                _check(data[name], column)
            for low, high in self._ordered:
                _refuse_first(data[low], data[low] > data[high] + ROUNDING, f"above {high}")
        return data


def _check(values: pd.Series[Any], column: Column) -> None:
    """Refuse a column of another kind, or with a value that cannot be."""
    if not _IS_KIND[column.kind](values):
        raise TableSchemaError(f"{values.name} must be {_CALLED[column.kind]}, not {values.dtype}")
    is_missing = values.isna()
    if not column.may_lack:
        _refuse_first(values, is_missing, "missing")
    if column.low is not None:
        _refuse_first(values, values < column.low, f"below {column.low:g}")
    if column.high is not None:
        _refuse_first(values, values > column.high, f"above {column.high:g}")
    if column.among is not None:
        allowed = f"none of {', '.join(map(repr, column.among))}"
        _refuse_first(values, ~values.isin(column.among) & ~is_missing, allowed)


def _refuse_first(values: pd.Series[Any], is_wrong: pd.Series[bool], what: str) -> None:
    wrong = is_wrong.fillna(value=False).to_numpy(dtype=bool)
    if wrong.any():
        row = int(wrong.argmax())
        value = values.tolist()[row]
        raise TableSchemaError(
            f"{values.name} is {what} in row {row} ({value!r}), and in {wrong.sum()} rows in all"
        )
