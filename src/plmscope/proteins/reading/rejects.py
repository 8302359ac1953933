"""What was left out of a file of any size: every one counted, the first of each reason in a row."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Sized

import pandas as pd

from plmscope.proteins.errors import ProteinTableError
from plmscope.proteins.tables import (
    OTHER_SEQUENCE,
    REJECT_COLUMNS,
    SAME_ACCESSION,
    Reject,
    make_table,
)

logger = logging.getLogger(__name__)

ROWS_PER_REASON = 10_000
MORE = "more records"
"""The field of the row that stands for those of a reason that have no row of their own; its value
says how many."""


class RejectLog:
    """Gathers reject rows in bounded memory."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._first_of: dict[str, Reject] = {}
        self._parts: list[list[Reject] | pd.DataFrame] = [[]]

    @classmethod
    def of(cls, rejects: Iterable[Reject]) -> RejectLog:
        """A log of some."""
        log = cls()
        for reject in rejects:
            log.add(reject)
        return log

    def add(self, reject: Reject) -> None:
        """Count one; it has a row if it is among the first of its reason."""
        self._counts[reject.reason] += 1
        self._first_of.setdefault(reject.reason, reject)
        if self._counts[reject.reason] <= ROWS_PER_REASON:
            last = self._parts[-1]
            if isinstance(last, list):
                last.append(reject)
            else:
                self._parts.append([reject])

    def add_all(self, rejects: pd.DataFrame, reason: str) -> None:
        """Count the rows of a table, all of one reason."""
        room = max(ROWS_PER_REASON - self._counts[reason], 0)
        self._counts[reason] += len(rejects)
        if room and len(rejects):
            self._parts.append(rejects.head(room))

    def count(self, *reasons: str) -> int:
        """How many there are, for any of these reasons, or for all."""
        return sum(self._counts[reason] for reason in reasons or self._counts)

    def first(self, *reasons: str) -> Reject:
        """The earliest row of these reasons, of those that were added one by one."""
        found = [self._first_of[reason] for reason in reasons if reason in self._first_of]
        return min(found, key=lambda reject: reject.line)

    def table(self) -> pd.DataFrame:
        """All rows, and one for each reason of which there are more (`REJECT_COLUMNS`)."""
        parts = [
            make_table(part, REJECT_COLUMNS) if isinstance(part, list) else part
            for part in self._parts
        ]
        return pd.concat([*parts, make_table(self._rest(), REJECT_COLUMNS)], ignore_index=True)

    def _rest(self) -> Iterator[Reject]:
        for reason, count in self._counts.items():
            if count > ROWS_PER_REASON:
                yield Reject("", 0, "", MORE, str(count - ROWS_PER_REASON), reason)


def count_rejects(rejects: pd.DataFrame) -> pd.Series[int]:
    """How many things each reject row stands for."""
    is_rest = rejects["field"] == MORE
    return rejects["value"].where(is_rest, "1").astype("int64")


def refuse_if_all_rejected(proteins: Sized, rejects: pd.DataFrame) -> None:
    """Stop where nothing is left.

    Args:
        proteins: The proteins that are left.
        rejects: The reject rows of all others.

    Raises:
        ProteinTableError: With the commonest reason and its count, and an example.
    """
    if len(proteins) or rejects.empty:
        return
    counts = count_rejects(rejects).groupby(rejects["reason"]).sum()
    reason = counts.sort_values(ascending=False, kind="stable").index[0]
    first = rejects[rejects["reason"] == reason].iloc[0]
    value = f" ({first['value'][:40]})" if first["value"] else ""
    raise ProteinTableError(
        f"No protein is left of {counts.sum()}: {counts[reason]} were rejected for: {reason}, the"
        f" first in {first['file']}, line {first['line']}, {first['field']}{value} of"
        f" {first['accession'] or 'a protein without accession'}."
    )


def warn_of_repeated(rejects: RejectLog, n_proteins: int) -> None:
    """Warn of proteins that are left out for their accession.

    Args:
        rejects: Of one file.
        n_proteins: How many are left of it.
    """
    repeated = (SAME_ACCESSION, OTHER_SEQUENCE)
    if n_repeated := rejects.count(*repeated):
        first = rejects.first(*repeated)
        logger.warning(
            "%s: %d of %d proteins are left out, as their accession is that of an earlier one (%d"
            " have another sequence); the first is %s in line %d",
            first.file, n_repeated, n_proteins + rejects.count(), rejects.count(OTHER_SEQUENCE),
            first.accession, first.line,
        )  # fmt: skip
