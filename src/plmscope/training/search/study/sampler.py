"""Drawing settings so that a killed search is resumed as if it had not been killed."""

from __future__ import annotations

import zlib
from typing import Any

from optuna import Study
from optuna.distributions import BaseDistribution
from optuna.samplers import RandomSampler, TPESampler
from optuna.trial import FrozenTrial


class RepeatableSampler(RandomSampler):
    """Optuna's tree-structured Parzen estimator without a memory of its own.

    What is drawn is a function of the seed, the trial's number, the parameter's name and the
    trials in the study. Optuna's sampler goes through one sequence of random numbers instead,
    which a killed process takes with it.

    As in Optuna's random sampler, each parameter is drawn on its own (Bergstra et al. 2011),
    which suits a space that depends on the architecture.

    Args:
        seed: Decides the draws.
        n_random: Trials drawn at random before the estimator is asked.
    """

    def __init__(self, seed: int, n_random: int) -> None:
        super().__init__(seed)
        self._seed, self._n_random = seed, n_random

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """Draw one parameter."""
        tpe = TPESampler(
            seed=zlib.crc32(f"{self._seed}/{trial.number}/{param_name}".encode()),
            n_startup_trials=self._n_random,
            multivariate=False,
            constant_liar=True,  # spreads the trials of one group
        )
        return tpe.sample_independent(study, trial, param_name, param_distribution)
