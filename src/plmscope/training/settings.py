"""What a user can set about training; no torch here, so that parameters load quickly."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import (
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    model_validator,
)

from plmscope.parameters import Parameters

PRESETS: dict[str, dict[str, Any]] = {
    # InterPLM's code v1.0, where it differs from the defaults here.
    "interplm": {"decay_fraction": 0.5, "target_l0": 20.0, "l0_warmup_steps": 2000},
    # The published SAEs: no decay, no clipping, resampling by loss as the paper's code did it.
    "paper": {
        "learning_rate": 1e-4,
        "decay_fraction": 0.0,
        "max_gradient_norm": None,
        "resampling_rule": "by_loss",
    },
}


class StepSettings(Parameters):
    """How one update of an SAE is made (reference: Simon & Zou 2025, InterPLM).

    Settings of one family of architectures are ignored by the others.

    Args:
        preset: Values for what is not given: `interplm` follows InterPLM's code v1.0, `paper` its
            published SAEs. None: the defaults here.
        n_steps: Updates in the whole run; warm-up and decay are fractions of it.
        learning_rate: Adam's. None: 2e-4 / sqrt(d_sae / 2^14).
        warmup_fraction: Fraction of the steps over which the learning rate rises from 0.
        decay_fraction: Fraction of the steps, at the end, over which it falls to 0.
        max_gradient_norm: The gradient of all parameters together is scaled down to this norm.
            None: not.
        precision: `bfloat16` computes the dense products in bfloat16 where the hardware has such
            products; weights, kept features and gradients stay float32.
        compile: Whether torch.compile fuses what surrounds the dense products. On the CPU it needs
            a C++ compiler.
        sparsity_warmup_fraction: ReLU, JumpReLU: fraction of the steps over which the sparsity
            penalty rises from 0.
        l1_coefficient: ReLU: weight of the mean L1 norm of the features.
        resample_every: ReLU: steps between resamplings of dead features. None: never.
        resampling_rule: ReLU: `uniform` picks new directions among the rows of the batch, `by_loss`
            in proportion to their loss, scales them to the living features, clears their Adam
            moments and warms the learning rate up again.
        resampling_seed: ReLU: seed of that choice.
        target_l0: JumpReLU: wanted mean number of features for each residue.
        l0_coefficient: JumpReLU: weight of the squared relative distance from it.
        l0_warmup_steps: JumpReLU: steps over which that weight rises from 0. None:
            `sparsity_warmup_fraction` of them.
        bandwidth: JumpReLU: width of the window around a threshold that gives it a gradient.
        auxiliary_coefficient: TopK family: weight of the loss that revives dead features.
        dead_after_residues: TopK family: a feature is dead after so many residues without firing.
        threshold_momentum: BatchTopK family: memory of the running threshold.
        threshold_start_step: BatchTopK family: the threshold is tracked after this step.
    """

    preset: Literal["interplm", "paper"] | None = None
    n_steps: PositiveInt
    learning_rate: PositiveFloat | None = None
    warmup_fraction: float = Field(default=0.05, ge=0, lt=1)
    decay_fraction: float = Field(default=0.2, ge=0, lt=1)
    max_gradient_norm: PositiveFloat | None = 1.0
    precision: Literal["float32", "bfloat16"] = "float32"
    compile: bool = False

    sparsity_warmup_fraction: float = Field(default=0.05, ge=0, lt=1)
    l1_coefficient: NonNegativeFloat = 0.1
    resample_every: PositiveInt | None = None
    resampling_rule: Literal["uniform", "by_loss"] = "uniform"
    resampling_seed: NonNegativeInt = 0

    target_l0: PositiveFloat = 32.0
    l0_coefficient: NonNegativeFloat = 1.0
    l0_warmup_steps: NonNegativeInt | None = None
    bandwidth: PositiveFloat = 0.001

    auxiliary_coefficient: NonNegativeFloat = 1 / 32
    dead_after_residues: PositiveInt = 10_000_000
    threshold_momentum: float = Field(default=0.999, ge=0, lt=1)
    threshold_start_step: NonNegativeInt = 1000

    @model_validator(mode="before")
    @classmethod
    def _fill_from_preset(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        return PRESETS.get(given.get("preset", ""), {}) | given

    @model_validator(mode="after")
    def _decay_follows_warmup(self) -> StepSettings:
        longest = max(self.warmup_fraction, self.sparsity_warmup_fraction)
        if self.decay_fraction and longest + self.decay_fraction > 1:
            raise ValueError(
                f"warm-up ({longest:.0%} of the steps) and decay_fraction "
                f"({self.decay_fraction:.0%}) overlap"
            )
        return self
