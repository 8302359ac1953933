"""Training SAEs on activations, in this process or in several."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext

from plmscope.training.errors import TrainingError
from plmscope.training.run import torchrun
from plmscope.training.run.checkpoints import TrainingCheckpoints
from plmscope.training.run.fit import TrainedSAE, fit_saes
from plmscope.training.run.shared_pass import TrainingRows
from plmscope.training.settings import RunSettings, TrainingSettings
from plmscope.training.step.ranks import Ranks

SHARED_SETTINGS = (
    "n_steps",
    "batch_size",
    "data_seed",
    "memory_budget_gb",
    "device",
    "log_every",
    "checkpoint_every",
    "keep_checkpoints",
    "n_ranks",
    "wandb_project",
)
"""Settings of the pass, the same for all SAEs of it."""


def train_sae(
    rows: TrainingRows,
    run: RunSettings,
    checkpoints: TrainingCheckpoints | None = None,
) -> TrainedSAE:
    """Train one SAE; see `train_saes`."""
    return train_saes(rows, [run], checkpoints)[0]


def train_saes(
    rows: TrainingRows,
    runs: Sequence[RunSettings],
    checkpoints: TrainingCheckpoints | None = None,
) -> list[TrainedSAE]:
    """Train several SAEs in one pass.

    Args:
        rows: The train split.
        runs: The settings of each SAE. What concerns the pass, such as
            batch size and data seed, must be the same for all.
        checkpoints: Where to keep checkpoints. A run with the same settings and rows is
            resumed from the newest one, to the same weights as without the break. None: keep none.

    Returns:
        One trained SAE for each run; nothing on other ranks than the first.

    Raises:
        TrainingError: The runs disagree about the pass, a loss is no longer finite, or torchrun
            has started another number of ranks than the settings say.
    """
    shared = _shared_settings(runs)
    ranks = Ranks.current()
    if ranks.n_ranks > 1:  # who launched these processes keeps others out
        return fit_saes(rows, runs, checkpoints, ranks)
    with checkpoints.alone() if checkpoints else nullcontext():
        if leader := torchrun.leader():
            return leader.train(torchrun.Job(rows, runs, checkpoints))
        if shared.n_ranks > 1:
            from plmscope.training.run.distributed import launch_ranks  # slow to import

            return launch_ranks(rows, runs, checkpoints)
        return fit_saes(rows, runs, checkpoints, ranks)


def _shared_settings(runs: Sequence[RunSettings]) -> TrainingSettings:
    """The settings of the pass, the same in all runs."""
    settings = [run.training for run in runs]
    for name in SHARED_SETTINGS:
        values = {getattr(run, name) for run in settings}
        if len(values) > 1:
            raise TrainingError(
                f"SAEs trained in one pass must agree about {name}, but have"
                f" {sorted(map(str, values))}."
            )
    return settings[0]
