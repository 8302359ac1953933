"""The errors of concept analysis that are the user's to mend."""

from plmscope.errors import PlmscopeError


class ConceptTableError(PlmscopeError):
    """The proteins, annotations and concepts do not fit together."""


class CountsMismatchError(PlmscopeError):
    """Two sets of overlap counts are not about the same concepts, features or thresholds."""
