"""What can be wrong with a wish to steer."""

from plmscope.errors import PlmscopeError


class SteeringError(PlmscopeError):
    """An edit that cannot be made: the message says which, and what can."""
