"""The base of every group of settings that a user can write down."""

from pydantic import BaseModel, ConfigDict


class Parameters(BaseModel):
    """Frozen settings that refuse unknown keys.

    Kedro builds the subclasses from `conf/*/parameters_*.yml` before any node runs, so that a
    misspelt or impossible setting stops the run with a message that names its key.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
