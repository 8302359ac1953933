"""Several SAEs that learn from the same batches, and can be dropped on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from plmscope.activations import ActivationStore, ShuffledBatches
from plmscope.saes import SAE, InputStatistics, make_sae
from plmscope.training.run_settings import RunSettings
from plmscope.training.step.trainer import Trainer


class SharedPass(Protocol):
    """SAEs, by trial number, in the middle of their training."""

    def advance(self, n_residues: int) -> None:
        """Train all that are left until they have seen so many residues."""
        ...

    def drop(self, number: int) -> None:
        """Train this one no further."""
        ...

    def sae(self, number: int) -> SAE:
        """One of them, as it is now."""
        ...


BeginPass = Callable[[Mapping[int, RunSettings]], SharedPass]
"""Begins the training of several SAEs, which all have the same batch size."""


class StorePass:
    """A `SharedPass` over an activation store.

    Args:
        store: The train split.
        statistics: Of its activations, for the input normalisation.
        runs: Settings of each SAE. What concerns the pass is taken from the first.
    """

    def __init__(
        self,
        store: ActivationStore,
        statistics: InputStatistics,
        runs: Mapping[int, RunSettings],
    ) -> None:
        training = next(iter(runs.values())).training
        self._device, self._batch_size = training.device, training.batch_size
        self._batches = ShuffledBatches(
            store,
            training.batch_size,
            seed=training.data_seed,
            memory_budget_gb=training.memory_budget_gb,
        )
        self._step = 0
        self._saes: dict[int, SAE] = {}
        self._trainers: dict[int, Trainer] = {}
        for number, run in runs.items():
            config = run.sae.model_copy(update={"d_model": store.d_model})
            sae = make_sae(config, seed=run.training.init_seed).to(self._device)
            sae.set_input_normalisation(statistics.mean, statistics.scale)
            self._saes[number] = sae
            self._trainers[number] = Trainer(sae, run.training)

    def advance(self, n_residues: int) -> None:
        """Train all that are left until they have seen so many residues."""
        while self._step < n_residues // self._batch_size:
            batch = next(self._batches).to(self._device)
            for trainer in self._trainers.values():
                trainer.step(batch)
            self._step += 1

    def drop(self, number: int) -> None:
        """Train this one no further."""
        del self._saes[number], self._trainers[number]

    def sae(self, number: int) -> SAE:
        """One of them, as it is now."""
        return self._saes[number]
