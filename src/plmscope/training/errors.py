"""What can be wrong with a training run or a search."""

from plmscope.errors import PlmscopeError


class TrainingError(PlmscopeError):
    """A training run that cannot begin, or cannot go on."""


class SearchError(PlmscopeError):
    """A search that cannot begin, or that came to nothing."""
