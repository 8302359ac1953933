"""The base of the errors that are the user's to mend, and how those of libraries are told."""

import errno
import os
import re
from collections.abc import Iterable
from difflib import get_close_matches

from pydantic import ValidationError

MOST_ERRORS = 3
MOST_CHARACTERS = 160
_UNWRITABLE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM}
_OS_ERROR = re.compile(r"\(os error (\d+)\)")
_VALIDATOR = re.compile(r"\.?function-.*")


class PlmscopeError(Exception):
    """Something a user can mend: the message names what is wrong, where, and what to do."""


class DamagedFileError(PlmscopeError):
    """A file whose bytes are not those that were written."""


class UnwritableError(PlmscopeError):
    """A file that could not be written: no room, or not allowed."""


def why_unwritable(error: BaseException) -> str | None:
    """Why the system did not let a file be written; None if that is not what an error is about.

    Args:
        error: Of Python or pyarrow, with its `errno`; or of safetensors, which has it in its text.
    """
    told = _OS_ERROR.search(str(error)) if type(error).__name__ == "SafetensorError" else None
    number = int(told[1]) if told else getattr(error, "errno", None)
    return os.strerror(number) if number in _UNWRITABLE else None


def describe_validation_error(error: ValidationError) -> str:
    """A sentence that names the first keys that do not fit, and how many more there are."""
    errors = [
        f"{shown_key('.'.join(map(str, each['loc']))) or 'the whole'}: {each['msg']}"
        for each in error.errors(include_url=False)
    ]
    n_more = len(errors) - MOST_ERRORS
    more = f"; and {n_more} more" if n_more > 0 else ""
    return "; ".join(errors[:MOST_ERRORS]) + more


def shown_key(place: str) -> str:
    """A key as a user wrote it, without the validator in which pydantic found the fault."""
    return _VALIDATOR.sub("", place)


def did_you_mean(name: object, known: Iterable[object]) -> str:
    """A question that offers the nearest of some names; "" if none is near."""
    nearest = get_close_matches(str(name), sorted(map(str, known)), n=1)
    return f"Did you mean {nearest[0]}? " if nearest else ""


def in_short(error: Exception) -> str:
    """Another library's error on one line, as far as it fits into a sentence."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}…"
