"""The bases of what users write down and of what runs write down."""

import re
from collections.abc import Callable, Iterable
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

from plmscope.errors import did_you_mean

_UNKNOWN = "unknown_setting"
_PASSWORD = re.compile(r"://[^/@\s]*:[^/@\s]+@")


class Parameters(BaseModel):
    """Frozen settings that refuse unknown keys, and numbers that are none.

    Kedro builds the subclasses from `conf/*/parameters_*.yml` before any node runs, so that a
    misspelt or impossible setting stops the run with a message that names its key.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True
    )

    @field_validator("*")
    @classmethod
    def _has_no_password(cls, value: Any) -> Any:
        """Settings are written into the manifest of each run, and into wandb's."""
        if isinstance(value, str) and _PASSWORD.search(value):
            raise ValueError(
                "an address with a password in it would be in every manifest: leave it out, and"
                " give it by the environment or conf/local/credentials.yml"
            )
        return value

    @model_validator(mode="wrap")
    @classmethod
    def _name_the_nearest(cls, given: Any, build: Callable[[Any], Self]) -> Self:
        """Say of an unknown key which one may be meant; pydantic only says that it is extra."""
        try:
            return build(given)
        except ValidationError as error:
            errors = [_with_nearest(each, cls.model_fields) for each in error.errors()]
            raise ValidationError.from_exception_data(error.title, errors) from None


def _with_nearest(detail: ErrorDetails, known: Iterable[str]) -> InitErrorDetails:
    text = ""
    if detail["type"] == "extra_forbidden" and len(detail["loc"]) == 1:
        text = f"There is no such setting. {did_you_mean(detail['loc'][0], known)}".strip()
    elif detail["type"] == _UNKNOWN:  # from settings within these
        text = detail["msg"]
    return InitErrorDetails(
        type=PydanticCustomError(_UNKNOWN, text) if text else detail["type"],
        loc=detail["loc"],
        input=detail["input"],
        ctx=detail.get("ctx", {}),
    )


class Record(BaseModel):
    """Frozen figures or facts of a run; reading one refuses unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
