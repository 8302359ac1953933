"""What can be wrong with a query."""

from plmscope.errors import PlmscopeError


class QueryError(PlmscopeError):
    """A query that cannot be explained, or a result that cannot be written there."""
