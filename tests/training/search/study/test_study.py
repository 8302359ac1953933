"""A worker that dies, at any moment, changes nothing."""

import os
import random
import signal
import sqlite3
from contextlib import closing, suppress
from threading import current_thread, main_thread

import pytest

from plmscope.training.search.study import study as study_module
from plmscope.training.search.study.study import SearchError, open_storage

WRITES = (
    "_create_new_trial",
    "_set_trial_param",
    "set_trial_user_attr",
    "set_trial_intermediate_value",
    "set_trial_state_values",
)


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/folder/study.db"


@pytest.fixture
def uninterrupted(tmp_path, make_search, make_settings, outcome):
    url = f"sqlite:///{tmp_path}/uninterrupted.db"
    make_search(url, make_settings()).run()
    return outcome(url, make_settings())


class TestKilled:
    def test_five_times_at_random_equals_uninterrupted(
        self, url, start_worker, make_settings, outcome, uninterrupted
    ):
        rng = random.Random(0)
        settings = make_settings()
        for _ in range(5):
            worker = start_worker(url, settings, seconds=0.1)
            worker.join(rng.uniform(0.1, 1.0))
            if worker.is_alive():
                os.kill(worker.pid, signal.SIGKILL)
            worker.join()
        last = start_worker(url, settings)
        last.join()
        assert last.exitcode == 0
        assert outcome(url, settings) == uninterrupted

    @pytest.mark.parametrize("n_writes", range(4, 64, 12))
    def test_after_any_write_equals_uninterrupted(
        self, url, make_search, make_settings, outcome, uninterrupted, monkeypatch, n_writes
    ):
        class Died(BaseException):
            pass

        search = make_search(url, make_settings())
        storage = search._study._storage
        left = iter(range(n_writes))

        def die_after_some(write):
            def wrapped(*arguments, **named):
                if current_thread() is main_thread() and next(left, None) is None:
                    raise Died
                return write(*arguments, **named)

            return wrapped

        for name in WRITES:
            monkeypatch.setattr(storage, name, die_after_some(getattr(storage, name)))
        with pytest.raises(Died):
            search.run()
        make_search(url, make_settings()).run()
        assert outcome(url, make_settings()) == uninterrupted

    def test_leaves_nothing_to_wait_for_when_only_interrupted(
        self, url, make_search, make_settings, outcome, uninterrupted, monkeypatch
    ):
        def interrupted(_):
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            make_search(url, make_settings(), begin_pass=interrupted).run()
        monkeypatch.setattr(study_module.time, "sleep", lambda _: pytest.fail("waits"))
        make_search(url, make_settings()).run()
        assert outcome(url, make_settings()) == uninterrupted


class TestStorage:
    def test_that_cannot_be_opened_keeps_its_password(self):
        pytest.importorskip("psycopg", reason="needs plmscope[postgres]")
        with pytest.raises(SearchError, match="port 9 failed") as raised:
            open_storage("postgresql+psycopg://nobody:secret@127.0.0.1:9/none")
        assert "secret" not in str(raised.value)

    def test_of_no_known_kind_says_what_a_url_is(self):
        with pytest.raises(SearchError, match=r"sqlite:///data/study\.db"):
            open_storage("data/study.db")


class TestDamage:
    def test_is_told_with_the_file(self, tmp_path, make_search, make_settings):
        """Regression: the message did not say which file it was."""
        path = tmp_path / "study.db"
        make_search(f"sqlite:///{path}", make_settings()).run()
        content = bytearray(path.read_bytes())
        content[4096 : 4096 + 64] = bytes(64)
        path.write_bytes(content)
        with pytest.raises(SearchError, match=f"{path} cannot be opened: .*remove it"):
            open_storage(f"sqlite:///{path}")

    def test_of_what_a_trial_gave_is_told(self, tmp_path, make_search, make_settings, outcome):
        """Regression: SQLite looks at its pages alone, so that a flipped bit in a score was used,
        and the search chose by it."""
        path, rng = tmp_path / "study.db", random.Random(3)
        url, settings = f"sqlite:///{path}", make_settings(n_trials=4)
        make_search(url, settings).run()
        sound, expected = path.read_bytes(), outcome(url, settings)
        for table, column in (("trial_values", "value"), ("trial_params", "param_value")):
            with closing(sqlite3.connect(path)) as database, database:
                database.execute(f"UPDATE {table} SET {column} = {column} + 1e-9")
            with pytest.raises(SearchError, match=f"{path} is damaged: trials .* Remove it"):
                make_search(url, settings)
            path.write_bytes(sound)
        for _ in range(6):
            harmed = bytearray(sound)
            harmed[rng.randrange(len(sound))] ^= 1 << rng.randrange(8)
            path.write_bytes(harmed)
            with suppress(SearchError):
                assert outcome(url, settings) == expected

    def test_of_something_else_too(self, tmp_path):
        path = tmp_path / "study.db"
        path.write_text("no database at all, but long enough to be looked at" * 99)
        with pytest.raises(SearchError, match=f"{path} cannot be opened: file is not a database"):
            open_storage(f"sqlite:///{path}")

    def test_a_servers_password_is_not_shown(self):
        with pytest.raises(SearchError) as caught:
            open_storage("postgresql+psycopg://me:secret@127.0.0.1:1/studies")
        assert "secret" not in str(caught.value)
        assert "me:***@127.0.0.1" in str(caught.value)


def test_a_database_may_lie_in_a_folder_of_any_name(tmp_path):
    """Regression: Optuna took {plm} for a template: KeyError."""
    path = tmp_path / "{plm} [1] 50%" / "study.db"
    open_storage(f"sqlite:///{path}")
    assert path.is_file()
