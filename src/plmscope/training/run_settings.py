"""What a user can set about a whole training run and about evaluation; torch-free."""

from __future__ import annotations

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt, RootModel

from plmscope.parameters import Parameters
from plmscope.saes.config import AnySAEConfig
from plmscope.training.settings import StepSettings


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


class EvaluationSettings(Parameters):
    """The `evaluation` parameters.

    Args:
        dense_above: A feature that fires on more than this share of the residues is dense.
        block_residues: Residues encoded at once.
        fidelity_proteins: How many proteins, chosen by the seed, to send through the PLM's
            masked-LM head. 0: none.
        mask_share: Share of each protein's positions to mask; 0.15 in ESM-2's training.
        seed: Decides which proteins and which positions.
    """

    dense_above: float = Field(default=0.1, gt=0, le=1)
    block_residues: PositiveInt = 2048
    fidelity_proteins: NonNegativeInt = 50
    mask_share: float = Field(default=0.15, gt=0, le=1)
    seed: NonNegativeInt = 0


class SAESettings(RootModel[AnySAEConfig]):
    """The `sae` parameters: `architecture`, and the settings of that architecture."""
