"""The bases of what users write down and of what runs write down."""

from pydantic import BaseModel, ConfigDict


class Parameters(BaseModel):
    """Frozen settings that refuse unknown keys, and numbers that are none.

    Kedro builds the subclasses from `conf/*/parameters_*.yml` before any node runs, so that a
    misspelt or impossible setting stops the run with a message that names its key.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Record(BaseModel):
    """Frozen figures or facts of a run; reading one refuses unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")
