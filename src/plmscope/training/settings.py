"""What a user can set about a whole training run and about evaluation; loads no torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from pydantic import (
    Field,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    RootModel,
    ValidationError,
    model_validator,
)

from plmscope.errors import describe_validation_error
from plmscope.parameters import Parameters
from plmscope.saes.registry import AnySAEConfig
from plmscope.training.step.settings import StepSettings

if TYPE_CHECKING:
    from plmscope.training.step.objectives.settings import ObjectiveSettings


class TrainingSettings(StepSettings):
    """The `training` parameters: a run of many updates, and how each is made."""

    batch_size: PositiveInt = 2048
    """Residues of one update, over all ranks."""

    data_seed: NonNegativeInt = 0
    """Decides the order of the residues, and nothing else."""

    init_seed: NonNegativeInt = 0
    """Decides the SAE's initial weights, and nothing else."""

    memory_budget_gb: PositiveFloat = 1.0
    """Most memory for activations, over all ranks, in 10^9 bytes."""

    device: str = "cpu"
    """Where to train, as torch names it."""

    log_every: PositiveInt = 50
    """Steps between two rows of the history."""

    checkpoint_every: PositiveInt = 500
    """Steps between two checkpoints."""

    keep_checkpoints: PositiveInt = 2
    """How many of the newest to keep."""

    n_ranks: PositiveInt = 1
    """Processes that share each batch."""

    wandb_project: str | None = None
    """Weights & Biases project to send the history to. None: send nothing."""

    @model_validator(mode="after")
    def _ranks_divide_the_batch(self) -> Self:
        if self.batch_size % self.n_ranks:
            raise ValueError(
                f"n_ranks ({self.n_ranks}) does not divide batch_size ({self.batch_size})"
            )
        return self


class EvaluationSettings(Parameters):
    """The `evaluation` parameters."""

    dense_above: float = Field(default=0.1, gt=0, le=1)
    """A feature that fires on more than this fraction of the residues is dense."""

    block_residues: PositiveInt = 2048
    """Residues encoded at once."""

    fidelity_proteins: NonNegativeInt = 50
    """How many proteins, chosen by the seed, to send through the PLM's masked-LM head. 0: none."""

    mask_fraction: float = Field(default=0.15, gt=0, le=1)
    """Fraction of each protein's positions to mask; 0.15 in ESM-2's training."""

    seed: NonNegativeInt = 0
    """Decides which proteins and which positions."""


class SAESettings(RootModel[AnySAEConfig]):
    """The `sae` parameters: `architecture`, and the settings of that architecture."""


class RunSettings(Parameters):
    """Everything that a training run needs: the SAE's settings and the training's."""

    sae: AnySAEConfig
    """Architecture and its settings."""

    training: TrainingSettings
    """How it is trained."""

    @property
    def objective(self) -> ObjectiveSettings:
        """What only this architecture can be told about its training, presets filled in."""
        # Not before it is asked for: it loads torch, which parameters alone do not need.
        from plmscope.training.step.objectives.settings import objective_settings

        return objective_settings(self.sae.architecture, self.training)

    def spelt_out(self) -> Self:
        """The same with every setting of the objective given, for a file that lasts."""
        objective = self.objective.model_dump(mode="json")
        training = self.training.model_copy(update={"objective": objective})
        return self.model_copy(update={"training": training})

    @model_validator(mode="after")
    def _objective_fits(self) -> Self:
        try:
            objective = self.objective
        except ValidationError as error:
            told = describe_validation_error(error)
            raise ValueError(f"training.objective.{told}") from None
        objective.check(self.training)
        return self
