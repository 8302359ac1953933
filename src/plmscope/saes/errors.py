"""What can be wrong with a checkpoint."""

from plmscope.errors import PlmscopeError


class CheckpointError(PlmscopeError):
    """A checkpoint cannot be found, read, or does not compute what it computed when saved."""


class CheckpointMismatch(CheckpointError):  # noqa: N818  # says what it is
    """An SAE is used on activations of another PLM, layer, width or token rule."""
