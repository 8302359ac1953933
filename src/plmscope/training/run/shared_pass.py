"""Several SAEs that learn from the same batches, so that these are made once for all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plmscope.activations import ActivationStore, ComputedRows, ShuffledBatches
from plmscope.saes import SAE, InputStatistics, make_sae
from plmscope.training.settings import RunSettings
from plmscope.training.step.objectives.base import Metrics
from plmscope.training.step.ranks import Ranks
from plmscope.training.step.trainer import Trainer

TrainingRows = ActivationStore | ComputedRows
"""The activations of a train split: read from a store, or computed as they are needed."""


class SharedPass:
    """The SAEs, their trainers, and the place in the data.

    Attributes:
        settings: Of the pass: batch size, data seed and the like, taken from the first run.
        device: Where the SAEs are.
        batches: The shuffled batches.
        n_steps: Steps made.
        saes: By number.
    """

    def __init__(
        self, rows: TrainingRows, runs: Mapping[int, RunSettings], ranks: Ranks | None = None
    ) -> None:
        """Make the SAEs.

        Args:
            rows: The train split.
            runs: Settings of each SAE, by number.
            ranks: The processes that share each batch. None: as they are now.
        """
        ranks = ranks or Ranks.current()
        self.settings = settings = next(iter(runs.values())).training
        self.device = ranks.device(settings.device)
        self.batches = ShuffledBatches(
            rows,
            settings.batch_size,
            seed=settings.data_seed,
            memory_budget_gb=settings.memory_budget_gb,
            rank=ranks.rank,
            n_ranks=ranks.n_ranks,
        )
        self.n_steps = 0
        self.saes: dict[int, SAE] = {}
        self._trainers: dict[int, Trainer] = {}
        for number, run in runs.items():
            config = run.sae.model_copy(update={"d_model": rows.d_model})
            sae = make_sae(config, seed=run.training.init_seed).to(self.device)
            self.saes[number], self._trainers[number] = sae, Trainer(sae, run.training)

    def normalise_inputs(self, statistics: InputStatistics) -> None:
        """Set mean and scale of the activations in every SAE."""
        for sae in self.saes.values():
            sae.set_input_normalisation(statistics.mean, statistics.scale)

    def step(self) -> dict[int, Metrics]:
        """Make one update of every SAE.

        Returns:
            What `Trainer.step` gives for each.
        """
        batch = next(self.batches).to(self.device, non_blocking=True)
        self.n_steps += 1
        return {number: trainer.step(batch) for number, trainer in self._trainers.items()}

    def advance(self, n_residues: int) -> None:
        """Train all that are left until they have seen so many residues."""
        while self.n_steps < n_residues // self.settings.batch_size:
            self.step()

    def drop(self, number: int) -> None:
        """Train this one no further."""
        del self.saes[number], self._trainers[number]

    def sae(self, number: int) -> SAE:
        """One of them, as it is now."""
        return self.saes[number]

    def state_dict(self) -> dict[str, Any]:
        """Everything that the rest of the pass depends on."""
        return {
            "n_steps": self.n_steps,
            "saes": [sae.state_dict() for sae in self.saes.values()],
            "trainers": [trainer.state_dict() for trainer in self._trainers.values()],
            "batches": dict(self.batches.state_dict()),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go back to a saved state of the same runs."""
        self.n_steps = state["n_steps"]
        for sae, saved in zip(self.saes.values(), state["saes"], strict=True):
            sae.load_state_dict(saved)
        for trainer, saved in zip(self._trainers.values(), state["trainers"], strict=True):
            trainer.load_state_dict(saved)
        self.batches.load_state_dict(state["batches"])
