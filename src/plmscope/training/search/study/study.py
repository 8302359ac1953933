"""One study in a database, which any number of workers share and any of them may die on.

Optuna keeps the trials; added here is who works on which, so that no trial is lost or done twice:

- a worker writes `last_seen` into its running trials every `HEARTBEAT_SECONDS`;
- a running trial whose `last_seen` stands still is set back to waiting, and whoever draws it next
  trains it again from its beginning, under the same number and with the same parameters;
- trials are drawn in groups with fixed numbers (`group_size` of them, counted from 0), so that a
  group broken off comes together again.
"""

from __future__ import annotations

import logging
import random
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Literal, Self

import optuna
from optuna.exceptions import StorageInternalError, UpdateFinishedTrialError
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, Trial, TrialState
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from plmscope.disk.files import sha256_of_json
from plmscope.training.errors import SearchError

logger = logging.getLogger(__name__)
optuna.logging.disable_default_handler()  # its messages go where all others go
optuna.logging.enable_propagation()

RESULT = "result"
SEAL = "sha256"
"""What a finished trial keeps of itself: its result, and the hash of all that is kept."""
REMEDY = "Remove it: the search begins anew."
HEARTBEAT_SECONDS = 3.0
BEATS_UNTIL_DEAD = 4
LAYOUT_ATTEMPTS = 5
SECONDS_TO_WAIT_FOR_A_LOCK = 60  # SQLite gives up after 5 by default


class SharedStudy:
    """The trials of one search. Use as a context manager: leaving it hands back unfinished trials.

    Args:
        url: Database URL, as SQLAlchemy has them. The folder of an SQLite file is made.
        name: Of the study in that database. An existing one is resumed.
        directions: "minimize" or "maximize" for each objective.
        sampler: Draws parameters.
        n_trials: How many trials the study is to have.
        group_size: How many are drawn together.

    Raises:
        SearchError: The database cannot be opened, or holds other than what was written.
    """

    def __init__(
        self,
        url: str,
        name: str,
        directions: Sequence[Literal["minimize", "maximize"]],
        sampler: optuna.samplers.BaseSampler,
        *,
        n_trials: int,
        group_size: int,
    ) -> None:
        self._storage = open_storage(url)
        self.optuna_study = optuna.create_study(
            storage=self._storage,
            study_name=name,
            directions=directions,
            sampler=sampler,
            load_if_exists=True,
        )
        self._n_trials, self._group_size = n_trials, group_size
        self._refuse_damaged(url)
        self._own: dict[int, Trial] = {}
        self._awaited: list[int] = []  # as last logged
        self._lock = Lock()  # of _own
        self._left = Event()
        self._heart = Thread(target=self._beat, daemon=True)

    def __enter__(self) -> Self:
        self._heart.start()
        self._release_dead()
        return self

    def __exit__(
        self,
        exception: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._left.set()
        self._heart.join()
        for trial in self._own.values():
            self._set_state(trial, TrialState.WAITING)

    @property
    def trials(self) -> list[FrozenTrial]:
        """All trials, by number."""
        return self.optuna_study.get_trials(deepcopy=False)[: self._n_trials]

    def groups(self) -> Iterator[list[Trial]]:
        """Draw group after group until every trial is finished, by this worker or another.

        Yields:
            Trials of one group that are now this worker's; those that have parameters keep them.
        """
        while True:
            if group := self._draw_group():
                yield group
            elif any(not trial.state.is_finished() for trial in self.trials):
                self._release_dead()
            else:
                return

    def report(self, trial: Trial, step: int, score: float) -> None:
        """Keep a trial's score at a rung."""
        with self._unless_finished(trial):
            self._storage.set_trial_intermediate_value(trial._trial_id, step, score)

    def finish(
        self,
        trial: Trial,
        state: TrialState,
        values: Sequence[float] | None,
        result: Mapping[str, float | str],
    ) -> None:
        """Close a trial, and keep `result` as its user attribute `RESULT`."""
        with self._lock:
            self._own.pop(trial.number)
        with self._unless_finished(trial):
            trial.set_user_attr(RESULT, dict(result))
            stored = self._storage.get_trial(trial._trial_id)
            trial.set_user_attr(SEAL, _seal(stored, state, values))
            self._set_state(trial, state, values)

    def _refuse_damaged(self, url: str) -> None:
        """Refuse a finished trial that is not what was written; SQLite looks at its pages alone."""
        try:
            damaged = [trial.number for trial in self.trials if _is_damaged(trial)]
        except (ValueError, LookupError, TypeError) as error:  # of what Optuna makes of a wrong bit
            raise SearchError(f"The study database {_shown(url)} is damaged. {REMEDY}") from error
        if damaged:
            raise SearchError(
                f"The study database {_shown(url)} is damaged: trials {damaged} are not what was"
                f" written. {REMEDY}"
            )

    def _draw_group(self) -> list[Trial]:
        """Trials of the first group that has any to do."""
        trials: list[Trial] = []
        while (number := self._next_number()) is not None:
            if trials and number // self._group_size != trials[0].number // self._group_size:
                break
            trial = self.optuna_study.ask()
            if trial.number >= self._n_trials:  # another worker drew the last one just before
                self._set_state(trial, TrialState.FAIL)
                break
            with self._lock:
                self._own[trial.number] = trial
            trials.append(trial)
        return trials

    def _next_number(self) -> int | None:
        """The number that a trial drawn now would have."""
        trials = self.trials
        waiting = [trial.number for trial in trials if trial.state == TrialState.WAITING]
        if waiting:
            return waiting[0]
        return len(trials) if len(trials) < self._n_trials else None

    def _release_dead(self) -> None:
        """Set back to waiting the running trials that nobody writes `last_seen` into.

        Returns as soon as all of them have shown life, or when it is plain which have not.
        """
        watched = self._running_elsewhere()
        silent = dict(watched)
        for _ in range(BEATS_UNTIL_DEAD):
            if not silent:
                return
            if sorted(silent) != self._awaited:
                self._awaited = sorted(silent)
                logger.info("Waiting for trials %s, if their worker lives", self._awaited)
            time.sleep(HEARTBEAT_SECONDS)
            now = self._running_elsewhere()
            silent = {number: seen for number, seen in silent.items() if now.get(number) == seen}
        for trial in self.trials:
            if trial.number in silent:
                logger.info("The worker of trial %d died: it is trained again", trial.number)
                self._set_state(trial, TrialState.WAITING)

    def _running_elsewhere(self) -> dict[int, tuple[str | None, datetime | None]]:
        """For each running trial of another worker, what changes while that worker lives."""
        return {
            trial.number: (trial.user_attrs.get("last_seen"), trial.datetime_start)
            for trial in self.trials
            if trial.state == TrialState.RUNNING and trial.number not in self._own
        }

    def _beat(self) -> None:
        while not self._left.wait(HEARTBEAT_SECONDS):
            try:
                with self._lock:
                    for trial in self._own.values():
                        with self._unless_finished(trial):
                            trial.set_user_attr("last_seen", datetime.now().isoformat())
            except StorageInternalError as error:  # the database is busy: the next beat may pass
                logger.warning("The study database did not take a heartbeat: %s", error)

    def _set_state(
        self,
        trial: Trial | FrozenTrial,
        state: TrialState,
        values: Sequence[float] | None = None,
    ) -> None:
        with suppress(UpdateFinishedTrialError):
            self._storage.set_trial_state_values(trial._trial_id, state, values)

    @contextmanager
    def _unless_finished(self, trial: Trial) -> Iterator[None]:
        """Let it be where another worker, who took this one for dead, has finished the trial."""
        try:
            yield
        except UpdateFinishedTrialError:
            logger.warning("Trial %d was finished by another worker", trial.number)


def _seal(
    trial: FrozenTrial,
    state: TrialState,
    values: Sequence[float] | None,
) -> str:
    """The sha256 of what is kept of a trial that ends."""
    return sha256_of_json(
        trial.number,
        trial.params,
        {name: repr(drawn_from) for name, drawn_from in trial.distributions.items()},
        sorted(trial.intermediate_values.items()),
        state.name,
        list(values) if values is not None else None,
        trial.user_attrs[RESULT],
    )


def _is_damaged(trial: FrozenTrial) -> bool:
    """Whether a finished trial is not what was written; those of older versions have no seal."""
    seal = trial.user_attrs.get(SEAL)
    is_sealed = trial.state.is_finished() and seal is not None
    return is_sealed and seal != _seal(trial, trial.state, trial.values)


def open_storage(url: str) -> RDBStorage:
    """Open a database for studies, and lay out its tables if it is new.

    Args:
        url: As SQLAlchemy has them.

    Raises:
        SearchError: It cannot be opened.
    """
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() != "sqlite":
            return _lay_out(url, {})
        if parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
            _check_sqlite(Path(parsed.database))
        return _lay_out(url, {"timeout": SECONDS_TO_WAIT_FOR_A_LOCK})
    except (SQLAlchemyError, ImportError) as error:
        raise SearchError(
            f"The study database {_shown(url)} cannot be opened: {str(error).splitlines()[0]}. If"
            " it is damaged, remove it: the search begins anew. A URL is such as"
            " sqlite:///data/study.db or postgresql+psycopg://user@host/database; PostgreSQL needs"
            " plmscope[postgres]."
        ) from error


def _shown(url: str) -> str:
    """The file of an SQLite database, or a URL without its password."""
    try:
        parsed = make_url(url)
    except SQLAlchemyError:
        return url
    is_file = parsed.get_backend_name() == "sqlite" and parsed.database
    return str(parsed.database) if is_file else parsed.render_as_string(hide_password=True)


def _check_sqlite(path: Path) -> None:
    """Refuse a damaged database file before a study is taken from it.

    Raises:
        SQLAlchemyError: Its pages do not fit together.
    """
    with closing(sqlite3.connect(path, timeout=SECONDS_TO_WAIT_FOR_A_LOCK)) as database:
        try:
            (found,) = database.execute("PRAGMA integrity_check(1)").fetchone()
        except sqlite3.DatabaseError as error:
            raise SQLAlchemyError(str(error)) from error
    if found != "ok":
        raise SQLAlchemyError(found)


def _lay_out(url: str, connect_args: dict[str, object]) -> RDBStorage:
    """Open the database; again, where another worker was laying out its tables at that moment."""
    engine = {"connect_args": connect_args}
    url = url.replace("{", "{{").replace("}", "}}")  # Optuna takes it for a template
    for _ in range(LAYOUT_ATTEMPTS - 1):
        with suppress(SQLAlchemyError):
            return RDBStorage(url, engine_kwargs=engine)
        time.sleep(random.uniform(0.1, 0.5))
    return RDBStorage(url, engine_kwargs=engine)
