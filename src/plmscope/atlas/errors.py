"""What can be wrong with an atlas."""

from plmscope.errors import PlmscopeError


class AtlasError(PlmscopeError):
    """An atlas that is missing, damaged, of another version, or about something else."""


class FeatureTableMismatch(AtlasError):  # noqa: N818  # as CheckpointMismatch
    """A feature table of another SAE."""
