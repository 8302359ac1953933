"""A user's error ends in its sentence, not under a traceback."""

from __future__ import annotations

import errno
import logging
import re
import sys
from collections.abc import Iterator
from types import TracebackType

from kedro.config import MissingConfigException
from kedro.io import DatasetError
from kedro.validation.exceptions import DataValidationError, ParameterValidationError
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from plmscope.errors import PlmscopeError, shown_key

logger = logging.getLogger(__name__)

_GROUP = re.compile(r"- Parameter '(\w+)'")
_ERROR = re.compile(r"  (.+) \[type=")
KEDROS = (
    DatasetError,
    MissingConfigException,
    OmegaConfBaseException,
    ParameterValidationError,
    YAMLError,
)
"""What Kedro says of a user's settings and files."""
FULL_OR_READ_ONLY = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS}
"""What the system says of a disk, where no file of ours was being written."""


def sentence_of(error: BaseException) -> str | None:
    """What a user is told of an error; None if it is not the user's.

    Args:
        error: As it reached the top; ours may be behind one of Kedro's.
    """
    for kinds in ((PlmscopeError,), (OSError,), KEDROS):
        for cause in _causes(error):
            if isinstance(cause, ParameterValidationError):
                return _of_settings(str(cause))
            if isinstance(cause, DataValidationError):
                return f"The table {cause.dataset_name}: {cause.__cause__}. Make it again."
            if isinstance(cause, kinds) and not _is_a_fault(cause):
                return str(cause)
    return None


def _is_a_fault(error: BaseException) -> bool:
    """Whether what the system says is not for the user; a full disk is."""
    return isinstance(error, OSError) and error.errno not in FULL_OR_READ_ONLY


def print_user_errors_in_a_sentence() -> None:
    """Let a program that ends in a user's error print its sentence; the traceback is logged."""
    otherwise = sys.excepthook

    def print_sentence(
        kind: type[BaseException], error: BaseException, traceback: TracebackType | None
    ) -> None:
        sentence = sentence_of(error)
        if sentence is None:
            otherwise(kind, error, traceback)
            return
        logger.debug("", exc_info=(kind, error, traceback))
        sys.stderr.write(f"\n{sentence}\n")

    sys.excepthook = print_sentence


def _of_settings(told: str) -> str:
    """The keys and errors in what Kedro and pydantic print over many lines."""
    errors, group, place = [], "", ""
    for line in told.splitlines():
        if header := _GROUP.match(line):
            group, place = header[1], ""
        elif detail := _ERROR.match(line):
            key = ".".join(part for part in (group, place) if part)
            errors.append(f"{key}: {detail[1].removeprefix('Value error, ')}")
            place = ""
        elif not line.startswith(" "):
            place = shown_key(line)
    if not errors:
        return told
    end = "" if errors[-1].endswith("?") else "."
    return "; ".join(errors) + f"{end} Mend it in conf/, or in --params."


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error, what it was raised from, and so on."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
