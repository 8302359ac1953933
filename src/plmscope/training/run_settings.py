"""What a user can set about a whole training run and about evaluation; torch-free."""

from __future__ import annotations

from typing import Self

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt, RootModel, model_validator

from plmscope.parameters import Parameters
from plmscope.saes.registry import AnySAEConfig
from plmscope.training.settings import StepSettings
from plmscope.training.step.schedules import decay_start, l0_warmup_steps


class TrainingSettings(StepSettings):
    """The `training` parameters: a run of many updates, and how each is made.

    Args:
        batch_size: Residues of one update, over all ranks.
        data_seed: Decides the order of the residues, and nothing else.
        init_seed: Decides the SAE's initial weights, and nothing else.
        memory_budget_gb: Most memory for activations, over all ranks, in 10^9 bytes.
        device: Where to train, as torch names it.
        log_every: Steps between two rows of the history.
        checkpoint_every: Steps between two checkpoints.
        keep_checkpoints: How many of the newest to keep.
        n_ranks: Processes that share each batch.
        wandb_project: Weights & Biases project to send the history to. None: send nothing.
    """

    batch_size: PositiveInt = 2048
    data_seed: NonNegativeInt = 0
    init_seed: NonNegativeInt = 0
    memory_budget_gb: PositiveFloat = 1.0
    device: str = "cpu"
    log_every: PositiveInt = 50
    checkpoint_every: PositiveInt = 500
    keep_checkpoints: PositiveInt = 2
    n_ranks: PositiveInt = 1
    wandb_project: str | None = None

    @model_validator(mode="after")
    def _ranks_divide_the_batch(self) -> Self:
        if self.batch_size % self.n_ranks:
            raise ValueError(
                f"n_ranks ({self.n_ranks}) does not divide batch_size ({self.batch_size})"
            )
        return self


class EvaluationSettings(Parameters):
    """The `evaluation` parameters.

    Args:
        dense_above: A feature that fires on more than this fraction of the residues is dense.
        block_residues: Residues encoded at once.
        fidelity_proteins: How many proteins, chosen by the seed, to send through the PLM's
            masked-LM head. 0: none.
        mask_fraction: Fraction of each protein's positions to mask; 0.15 in ESM-2's training.
        seed: Decides which proteins and which positions.
    """

    dense_above: float = Field(default=0.1, gt=0, le=1)
    block_residues: PositiveInt = 2048
    fidelity_proteins: NonNegativeInt = 50
    mask_fraction: float = Field(default=0.15, gt=0, le=1)
    seed: NonNegativeInt = 0


class SAESettings(RootModel[AnySAEConfig]):
    """The `sae` parameters: `architecture`, and the settings of that architecture."""


class RunSettings(Parameters):
    """Everything that a training run needs: the SAE's settings and the training's.

    Args:
        sae: Architecture and its settings.
        training: How it is trained.
    """

    sae: AnySAEConfig
    training: TrainingSettings

    @model_validator(mode="after")
    def _can_be_trained(self) -> Self:
        from plmscope.training.step.objectives.registry import OBJECTIVES  # needs torch

        if self.sae.architecture not in OBJECTIVES:
            raise ValueError(
                f"sae.architecture: {self.sae.architecture} cannot be trained, these can:"
                f" {', '.join(OBJECTIVES)}"
            )
        return self

    @model_validator(mode="after")
    def _threshold_is_tracked(self) -> Self:
        start, n_steps = self.training.threshold_start_step, self.training.n_steps
        if self.sae.architecture in ("batch_topk", "matryoshka") and start >= n_steps:
            raise ValueError(
                f"training.threshold_start_step ({start}) is not before the end of the run"
                f" ({n_steps} steps): the {self.sae.architecture} SAE would have no threshold"
            )
        return self

    @model_validator(mode="after")
    def _l0_warmup_ends_before_the_decay(self) -> Self:
        warmup, start = l0_warmup_steps(self.training), decay_start(self.training)
        if self.sae.architecture == "jumprelu" and self.training.decay_fraction and warmup > start:
            raise ValueError(
                f"training.l0_warmup_steps ({warmup}) reaches past the step where the learning"
                f" rate begins to fall ({start}): take more steps, or a shorter warm-up"
            )
        return self
