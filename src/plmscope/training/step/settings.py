"""What a user can set about the updates of every architecture; no torch here."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from plmscope.parameters import Parameters

PRESETS: dict[str, dict[str, Any]] = {
    # InterPLM's code v1.0, where it differs from the defaults here.
    "interplm": {"decay_fraction": 0.5},
    # The published SAEs: no decay, no clipping.
    "paper": {"learning_rate": 1e-4, "decay_fraction": 0.0, "max_gradient_norm": None},
}
"""Those of one architecture alone stand beside its objective."""


class StepSettings(Parameters):
    """How one update of an SAE is made (reference: Simon & Zou 2025, InterPLM)."""

    preset: Literal["interplm", "paper"] | None = None
    """Values for what is not given: `interplm` follows InterPLM's code v1.0, `paper` its published
    SAEs. None: the defaults here."""

    n_steps: PositiveInt
    """Updates in the whole run; every other time is a fraction of it."""

    learning_rate: PositiveFloat | None = None
    """Adam's. None: 2e-4 / sqrt(d_sae / 2^14)."""

    warmup_fraction: float = Field(default=0.05, ge=0, lt=1)
    """Fraction of the run over which the learning rate rises from 0."""

    decay_fraction: float = Field(default=0.2, ge=0, lt=1)
    """Fraction of the run, at the end, over which it falls to 0."""

    max_gradient_norm: PositiveFloat | None = 1.0
    """The gradient of all parameters together is scaled down to this norm. None: not."""

    precision: Literal["float32", "bfloat16"] = "float32"
    """`bfloat16` computes the dense products in bfloat16 where the hardware has such products;
    weights, kept features and gradients stay float32."""

    compile: bool = False
    """Whether torch.compile fuses what surrounds the dense products. On the CPU it needs a C++
    compiler."""

    dead_after_residues: PositiveInt = 10_000_000
    """A feature is dead after so many residues without firing."""

    objective: dict[str, Any] = Field(default_factory=dict)
    """What only the SAE's architecture can be told, such as ReLU's `l1_coefficient`: see the
    settings beside its objective, in `training/step/objectives`."""

    @model_validator(mode="before")
    @classmethod
    def _fill_from_preset(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        return PRESETS.get(given.get("preset", ""), {}) | given

    @model_validator(mode="after")
    def _decay_follows_warmup(self) -> StepSettings:
        if self.decay_fraction and self.warmup_fraction + self.decay_fraction > 1:
            raise ValueError(
                f"warmup_fraction ({self.warmup_fraction:.0%} of the steps) and decay_fraction"
                f" ({self.decay_fraction:.0%}) overlap"
            )
        return self
