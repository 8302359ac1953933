"""What can be wrong with a protein file."""

from plmscope.errors import PlmscopeError


class ProteinTableError(PlmscopeError):
    """A protein file that cannot be read: the message names file, line, field and remedy."""


class HomologyError(PlmscopeError):
    """MMseqs2 could not be run, or failed: the message holds what it said."""
