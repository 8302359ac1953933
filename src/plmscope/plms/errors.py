"""What can go wrong with a protein language model."""

from plmscope.errors import PlmscopeError


class PlmError(PlmscopeError):
    """A protein language model that is missing, or cannot do what was asked of it."""
