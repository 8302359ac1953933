"""Which language model is asked, about what, and for how much."""

from pydantic import Field, NonNegativeInt

from plmscope.parameters import Parameters


class LLMSettings(Parameters):
    """The endpoint, and the protocol of Simon & Zou (2025) by which it is asked."""

    endpoint: str | None = None
    """Address of an OpenAI-compatible server, such as http://127.0.0.1:8000/v1. The key is the
    environment variable OPENAI_API_KEY."""

    model: str = ""
    """The model's name there."""

    n_features: int = Field(default=100, ge=1)
    """Features described, drawn at random among those with enough proteins."""

    per_bin: int = Field(default=2, ge=1)
    """Proteins shown of each tenth of the peaks, and as many held out,"""

    n_top: int = Field(default=10, ge=1)
    """of the highest tenth,"""

    n_zero: int = Field(default=10, ge=0)
    """and of those where the feature does not fire."""

    min_top: int = Field(default=20, ge=2)
    """A feature needs so many proteins in its three highest tenths."""

    n_at_once: int = Field(default=4, ge=1)
    """Questions asked at the same time."""

    timeout_s: float = Field(default=60, gt=0)
    """Seconds that an answer may take."""

    max_retries: NonNegativeInt = 4
    """How often a question is asked again where the server is busy, fails or does not answer."""

    price_in: float = Field(default=0, ge=0)
    """Of a million tokens sent, in any currency,"""

    price_out: float = Field(default=0, ge=0)
    """and of a million tokens answered."""

    max_cost: float | None = Field(default=None, ge=0)
    """A run that is estimated to cost more does not start."""

    seed: NonNegativeInt = 0
    """Of the draws."""
