"""One process's pass over activations, from settings to calibrated SAEs.

1. The mean and scale of the activations are estimated and set in each SAE.
2. Shuffled batches are dealt to all SAEs: one pass trains them all.
3. Each feature's maximum is taken as its scale, and the provenance is filled in.

Mean, scale and maxima are those of the whole train split where it is stored. Where activations are
computed as they are needed, they are those of the first window of the batches, with several ranks
of the first rank's part of it.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from typing import Any, NamedTuple

import pandas as pd
from jaxtyping import Float
from torch import Tensor

from plmscope.activations import ActivationStore
from plmscope.progress import show_progress
from plmscope.saes import (
    SAE,
    Provenance,
    estimate_input_statistics,
    log_input_statistics,
)
from plmscope.saes.encode import read_blocks
from plmscope.training.errors import TrainingError
from plmscope.training.run.checkpoints import Checkpoint, RunCheckpoints, TrainingCheckpoints
from plmscope.training.run.shared_pass import SharedPass, TrainingRows
from plmscope.training.run.tracking import track_run
from plmscope.training.settings import RunSettings
from plmscope.training.step.ranks import Ranks

logger = logging.getLogger(__name__)

BLOCK_RESIDUES = 2048
SHOWN = ("loss", "l0", "dead_fraction")  # beside the progress bar
MIXING_WARNING = 0.8  # of a global shuffle's batch entropy


class TrainedSAE(NamedTuple):
    """What a training run gives.

    Attributes:
        sae: On the CPU, calibrated, with its provenance.
        history: One row every `log_every` steps: step, n_residues, epoch, the metrics of the
            update (loss, l0, dead_fraction, …) and residues_per_second.
    """

    sae: SAE
    history: pd.DataFrame


def fit_saes(
    rows: TrainingRows,
    runs: Sequence[RunSettings],
    checkpoints: TrainingCheckpoints | None,
    ranks: Ranks,
) -> list[TrainedSAE]:
    """Train SAEs in this process, which is one of the ranks.

    Args:
        rows: The train split.
        runs: As `train_saes` takes them.
        checkpoints: As `train_saes` takes them.
        ranks: The processes that share each batch, and which of them this is.

    Returns:
        One trained SAE for each run; nothing on other ranks than the first.

    Raises:
        TrainingError: A loss is no longer finite.
    """
    keep = runs[0].training.keep_checkpoints
    own_checkpoints = checkpoints.of_run(_identity(rows, runs), keep) if checkpoints else None
    fit = _Fit(rows, runs, ranks)
    newest = own_checkpoints.load_newest() if own_checkpoints else None
    if newest is None:
        fit.normalise_inputs()
        fit.report_mixing()
    else:
        fit.load_state_dict(newest)
    fit.run(own_checkpoints)
    if not ranks.is_first:
        return []
    trained = fit.finish()
    if own_checkpoints:
        own_checkpoints.clear()
    return trained


class _Fit:
    """A pass in full: the SAEs in it, their history, what is said meanwhile."""

    def __init__(self, rows: TrainingRows, runs: Sequence[RunSettings], ranks: Ranks) -> None:
        self.rows, self.ranks = rows, ranks
        self.shared = SharedPass(rows, dict(enumerate(runs)), ranks)
        self.settings = self.shared.settings
        self.history: list[list[dict[str, float]]] = [[] for _ in runs]

    def normalise_inputs(self) -> None:
        """Estimate mean and scale of the activations, report them, set them in every SAE."""
        own = estimate_input_statistics(self._blocks("Estimating the input's mean"))
        statistics = own._replace(
            mean=self.ranks.of_first(own.mean), covariance=self.ranks.of_first(own.covariance)
        )
        log_input_statistics(statistics)
        self.shared.normalise_inputs(statistics)

    def report_mixing(self) -> None:
        """Say how well the batches mix, with a warning where they mix badly."""
        batches = self.shared.batches
        if batches.is_global_shuffle:
            logger.info("All residues fit the memory budget: batches are a global shuffle")
            return
        mixing = batches.mixing()
        fraction = mixing.protein_entropy / mixing.protein_entropy_of_global_shuffle
        logger.log(
            logging.INFO if fraction > MIXING_WARNING else logging.WARNING,
            "The residues come through a shuffle buffer in %d windows. Entropy of a batch over"
            " proteins: %.2f bits, over shards: %.2f (a global shuffle has %.2f and %.2f)."
            " A larger training.memory_budget_gb mixes better",
            batches.n_windows,
            mixing.protein_entropy,
            mixing.shard_entropy,
            mixing.protein_entropy_of_global_shuffle,
            mixing.shard_entropy_of_global_shuffle,
        )

    def run(self, checkpoints: RunCheckpoints | None) -> None:
        """Train from the current step to the last; the tracker gets the first SAE's history."""
        settings, shared = self.settings, self.shared
        first = next(iter(shared.saes.values()))
        config = settings.model_dump() | {"sae": first.config.model_dump()}
        project = settings.wandb_project if self.ranks.is_first else None
        done, total = (steps * settings.batch_size for steps in (shared.n_steps, settings.n_steps))
        with (
            show_progress(
                "Training", total, "residue", done=done, shown=self.ranks.is_first
            ) as progress,
            track_run(project, config) as track,
        ):
            since_step, since_time = shared.n_steps, time.perf_counter()
            while shared.n_steps < settings.n_steps:
                epoch = shared.batches.epoch
                metrics = list(shared.step().values())
                progress.update(settings.batch_size)
                if shared.n_steps % settings.log_every == 0 or shared.n_steps == settings.n_steps:
                    now = time.perf_counter()
                    n_residues = (shared.n_steps - since_step) * settings.batch_size
                    self._log(metrics, epoch, n_residues / (now - since_time))
                    since_step, since_time = shared.n_steps, now
                    row = self.history[0][-1]
                    track(row)
                    progress.set_postfix({name: f"{row[name]:.3g}" for name in SHOWN})
                if checkpoints and shared.n_steps % settings.checkpoint_every == 0:
                    self._check_finite(metrics)
                    if self.ranks.is_first:
                        checkpoints.save(Checkpoint(shared.n_steps, self.state_dict()))

    def finish(self) -> list[TrainedSAE]:
        """Calibrate the SAEs and say where they come from."""
        manifest, is_stored = self.rows.manifest, self.rows.is_stored
        provenance = Provenance(
            plm_id=manifest.plm_id,
            plm_revision=manifest.plm_revision,
            layer=manifest.layer,
            token_rule=manifest.token_rule,
            store_hash=manifest.content_hash if is_stored else None,
            split_hash=self.rows.split_hash,
            sequences_hash=None if is_stored else manifest.proteins_hash,
            versions={name: version(name) for name in ("plmscope", "torch")},
        )
        saes = list(self.shared.saes.values())
        for sae in saes:
            sae.calibrate(self._blocks("Calibrating the features"))
            sae.provenance = provenance
        return [
            TrainedSAE(sae.cpu().eval(), pd.DataFrame(history))
            for sae, history in zip(saes, self.history, strict=True)
        ]

    def state_dict(self) -> dict[str, Any]:
        """Everything that the rest of the run depends on."""
        return {"pass": self.shared.state_dict(), "history": self.history}

    def load_state_dict(self, checkpoint: Checkpoint) -> None:
        """Go back to a checkpoint."""
        self.history = checkpoint.state["history"]
        self.shared.load_state_dict(checkpoint.state["pass"])

    def _log(self, metrics: Sequence[Mapping[str, Tensor]], epoch: int, rate: float) -> None:
        """Add a row to each history."""
        self._check_finite(metrics)
        for history, values in zip(self.history, metrics, strict=True):
            history.append(
                {
                    "step": self.shared.n_steps,
                    "n_residues": self.shared.n_steps * self.settings.batch_size,
                    "epoch": epoch,
                    **{name: float(value) for name, value in values.items()},
                    "residues_per_second": rate,
                }
            )

    def _check_finite(self, metrics: Sequence[Mapping[str, Tensor]]) -> None:
        for sae, values in zip(self.shared.saes.values(), metrics, strict=True):
            loss = float(values["loss"])
            if not math.isfinite(loss):
                raise TrainingError(
                    f"The loss of the {sae.config.architecture} SAE is {loss} at step"
                    f" {self.shared.n_steps}. Lower training.learning_rate, or set"
                    " training.precision: float32 if it is bfloat16."
                )

    def _blocks(self, task: str) -> Iterator[Float[Tensor, "n_residues d_model"]]:
        """What mean, scale and maxima are taken from, in the order of the store."""
        if isinstance(self.rows, ActivationStore):
            for block in read_blocks(self.rows, BLOCK_RESIDUES, task, shown=self.ranks.is_first):
                yield block.x.to(self.shared.device)
        else:
            for x in self.shared.batches.first_window(BLOCK_RESIDUES):
                yield x.to(self.shared.device)


def _identity(rows: TrainingRows, runs: Sequence[RunSettings]) -> dict[str, Any]:
    """Everything that decides the result of a run."""
    without_effect = {"checkpoint_every", "keep_checkpoints", "wandb_project"}
    return {
        "store" if rows.is_stored else "computed": rows.manifest.content_hash,
        "split": rows.split_hash,
        "runs": [
            run.spelt_out().model_dump(mode="json", exclude={"training": without_effect})
            for run in runs
        ],
    }
