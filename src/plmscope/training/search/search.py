"""The search: draw a group of settings, train them on one reading of the store, judge, repeat."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

from optuna.trial import Trial, TrialState

from plmscope.activations import ActivationStore
from plmscope.disk.files import sha256_of_json
from plmscope.errors import PlmscopeError
from plmscope.progress import show_progress
from plmscope.saes import SAE, estimate_input_statistics
from plmscope.training.run.shared_pass import SharedPass
from plmscope.training.search.measures import (
    DIRECTIONS,
    ConceptF1,
    Measures,
    ValidSplit,
    non_finite_measure,
)
from plmscope.training.search.settings import SearchSettings
from plmscope.training.search.space import apply_values, shorten, suggest, values_of
from plmscope.training.search.study.halving import rungs, survivors
from plmscope.training.search.study.sampler import RepeatableSampler
from plmscope.training.search.study.study import SharedStudy
from plmscope.training.settings import RunSettings

if TYPE_CHECKING:
    from optuna import Study

logger = logging.getLogger(__name__)

RANDOM_FRACTION = 3  # one in so many trials is drawn at random, before the sampler has seen enough
NO_EFFECT_ON_TRIALS = {"n_trials", "choice"}
TRIAL_ERRORS = (PlmscopeError, RuntimeError, MemoryError, ArithmeticError, ValueError)
"""What the settings of one trial can cause; torch's out of memory is a RuntimeError."""


class TrialPass(Protocol):
    """SAEs, by trial number, in the middle of their training: a `SharedPass` in earnest."""

    def advance(self, n_residues: int) -> None:
        """Train all that are left until they have seen so many residues."""
        ...

    def drop(self, number: int) -> None:
        """Train this one no further."""
        ...

    def sae(self, number: int) -> SAE:
        """One of them, as it is now."""
        ...


BeginPass = Callable[[Mapping[int, RunSettings]], TrialPass]
"""Begins the training of several SAEs, which all have the same batch size."""


def search_settings(
    train: ActivationStore,
    valid: ActivationStore,
    configured: RunSettings,
    settings: SearchSettings,
    storage_url: str,
    concept_f1: ConceptF1 | None = None,
) -> Study:
    """Search for the settings of an SAE.

    A study of the same name is resumed: finished trials are kept, and unfinished ones of
    workers that died are trained again. Several processes may call this at once.

    Args:
        train: Train split of the activations.
        valid: Valid split.
        configured: Settings of trial 0, and of all that is not searched.
        settings: The space, the objectives, how many trials.
        storage_url: Database that keeps the study.
        concept_f1: Measures an SAE on concepts of the valid split; needed for that objective.

    Returns:
        The study; its first `n_trials` trials are finished.

    Raises:
        SearchError: The database cannot be opened.
    """
    study = SharedStudy(
        storage_url,
        name_of_study(train, valid, configured, settings),
        [DIRECTIONS[objective] for objective in settings.objectives],
        RepeatableSampler(settings.seed, max(1, settings.n_trials // RANDOM_FRACTION)),
        n_trials=settings.n_trials,
        group_size=settings.group_size,
    )
    statistics = estimate_input_statistics(block.x for block in train.blocks())

    def begin_pass(runs: Mapping[int, RunSettings]) -> SharedPass:
        shared = SharedPass(train, runs)
        shared.normalise_inputs(statistics)
        return shared

    Search(
        study,
        configured,
        settings,
        ValidSplit(valid, settings, concept_f1),
        begin_pass,
    ).run()
    return study.optuna_study


def name_of_study(
    train: ActivationStore,
    valid: ActivationStore,
    configured: RunSettings,
    settings: SearchSettings,
) -> str:
    """A name that says what was searched on, with a hash of everything that decides the trials."""
    manifest = train.manifest
    identity = {
        "store": manifest.content_hash,
        "splits": [train.split_hash, valid.split_hash],
        "configured": configured.model_dump(mode="json"),
        "settings": settings.model_dump(mode="json", exclude=NO_EFFECT_ON_TRIALS),
    }
    return f"{manifest.plm_id} layer {manifest.layer} {sha256_of_json(identity)[:10]}"


class Search:
    """One worker on one study.

    Args:
        study: Which trials there are, and whose they are.
        configured: Settings of trial 0, and of all that is not searched.
        settings: Its space and objectives.
        valid: Judges SAEs.
        begin_pass: Trains them.
    """

    def __init__(
        self,
        study: SharedStudy,
        configured: RunSettings,
        settings: SearchSettings,
        valid: ValidSplit,
        begin_pass: BeginPass,
    ) -> None:
        self._study, self._configured, self._settings = study, configured, settings
        self._valid, self._begin_pass = valid, begin_pass
        alone = len(settings.objectives) == 1
        self._rungs = rungs(settings.residues_per_trial, settings.halving_factor if alone else None)

    def run(self) -> None:
        """Train and judge groups of trials until the study has all."""
        self._progress = show_progress("Searching", None, "residue")
        with self._progress, self._study:
            self._show_progress()
            for group in self._study.groups():
                self._train_group(group)
                self._show_progress()

    def _train_group(self, group: list[Trial]) -> None:
        """Train a group, those with the same batch size in one pass."""
        passes: dict[int, dict[int, Trial]] = {}
        runs: dict[int, RunSettings] = {}
        for trial in group:
            suggest(trial, self._settings)
            try:
                run = apply_values(values_of(trial.params), self._configured)
            except ValueError as error:
                self._fail(trial, str(error))
                continue
            runs[trial.number] = shorten(run, self._settings.residues_per_trial)
            passes.setdefault(run.training.batch_size, {})[trial.number] = trial
        for _, members in sorted(passes.items()):
            self._train(members, runs)

    def _train(self, left: dict[int, Trial], runs: dict[int, RunSettings]) -> None:
        """Train trials in one pass, or each alone if that ends in an error, to see whose it is."""
        try:
            self._train_in_one_pass(left, runs)
        except TRIAL_ERRORS as error:
            if len(left) == 1:
                self._fail(left.popitem()[1], f"{type(error).__name__}: {error}")
            for number, trial in left.items():
                self._train({number: trial}, runs)

    def _train_in_one_pass(self, left: dict[int, Trial], runs: dict[int, RunSettings]) -> None:
        """Train trials and compare them at each rung; takes those that are done out of `left`."""
        started, n_residues = time.perf_counter(), 0
        one_pass = self._begin_pass({number: runs[number] for number in left})
        for stop in (*self._rungs, self._settings.residues_per_trial):
            one_pass.advance(stop)
            self._progress.update((stop - n_residues) * len(left))
            n_residues = stop
            judged = {number: self._valid.measure(one_pass.sae(number)) for number in left}
            going_on = self._going_on(left, judged, n_residues)
            for number in sorted(left.keys() - going_on):
                one_pass.drop(number)
                self._finish(
                    left.pop(number), judged[number], n_residues, time.perf_counter() - started
                )
            if not left:
                return

    def _going_on(
        self, left: dict[int, Trial], judged: dict[int, Measures], n_residues: int
    ) -> set[int]:
        """The trials that are trained on after having seen so many residues."""
        if n_residues not in self._rungs or self._settings.halving_factor is None:
            return set()
        (objective,) = self._settings.objectives
        sound = {number for number in left if non_finite_measure(judged[number]) is None}
        for number in sound:
            self._study.report(left[number], n_residues, judged[number][objective])
        # Later groups, which another worker may be at, have no say: that keeps a resumed search
        # equal to an uninterrupted one.
        first = next(iter(left)) // self._settings.group_size * self._settings.group_size
        sign = 1 if DIRECTIONS[objective] == "minimize" else -1
        scores = {
            trial.number: sign * trial.intermediate_values[n_residues]
            for trial in self._study.trials[: first + self._settings.group_size]
            if n_residues in trial.intermediate_values
        }
        return survivors(scores, sound, self._settings.halving_factor)

    def _finish(self, trial: Trial, measures: Measures, n_residues: int, seconds: float) -> None:
        """Close a trial that was judged: complete, pruned, or failed if a figure is not finite."""
        if reason := non_finite_measure(measures):
            self._fail(trial, f"{reason} after {n_residues} residues")
            return
        at_end = n_residues == self._settings.residues_per_trial
        self._study.finish(
            trial,
            TrialState.COMPLETE if at_end else TrialState.PRUNED,
            [measures[objective] for objective in self._settings.objectives],
            {**measures, "n_residues": n_residues, "seconds": seconds},
        )

    def _fail(self, trial: Trial, reason: str) -> None:
        logger.warning("Trial %d failed: %s", trial.number, reason)
        self._study.finish(trial, TrialState.FAIL, None, {"reason": reason})

    def _show_progress(self) -> None:
        """Say what is left to do, by all workers, and what is best so far."""
        trials = self._study.trials
        complete = [trial for trial in trials if trial.state == TrialState.COMPLETE]
        n_left = self._settings.n_trials - sum(trial.state.is_finished() for trial in trials)
        self._progress.total = self._progress.n + n_left * self._settings.residues_per_trial
        best = {
            objective: (min if DIRECTIONS[objective] == "minimize" else max)(
                trial.values[i] for trial in complete
            )
            for i, objective in enumerate(self._settings.objectives)
            if complete
        }
        self._progress.set_postfix({f"best {name}": f"{value:.4f}" for name, value in best.items()})
