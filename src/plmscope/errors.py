"""The base of the errors that are the user's to mend, and how pydantic's are told."""

from pydantic import ValidationError

MOST_COMPLAINTS = 3


class PlmscopeError(Exception):
    """Something a user can mend: the message names what is wrong, where, and what to do."""


class DamagedFileError(PlmscopeError):
    """A file whose bytes are not those that were written."""


def tell(error: ValidationError) -> str:
    """A sentence that names the first keys that do not fit, and how many more there are."""
    complaints = [
        f"{'.'.join(map(str, each['loc'])) or 'the whole'}: {each['msg']}"
        for each in error.errors(include_url=False)
    ]
    n_more = len(complaints) - MOST_COMPLAINTS
    more = f"; and {n_more} more" if n_more > 0 else ""
    return "; ".join(complaints[:MOST_COMPLAINTS]) + more
