"""Tests of bars on a terminal and lines in a log."""

import logging
import sys
import time

import pytest

from plmscope import progress
from plmscope.progress import show_progress


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until it is moved."""
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr("tqdm.std.time", lambda: now[0])
    monkeypatch.setattr(progress.tqdm, "monitor_interval", 0)  # no thread that wakes up

    def move(seconds):
        now[0] += seconds

    return move


@pytest.fixture
def lines(caplog):
    """The lines logged, once they are asked for."""
    caplog.set_level(logging.INFO, "plmscope.progress")
    return lambda: caplog.messages


class TestInALog:
    def test_short_work_says_nothing(self, clock, lines, capsys):
        """Regression: `kedro run > log` held thousands of lines of progress bars."""
        with show_progress("Training", 1000, "residue") as bar:
            for _ in range(1000):
                clock(0.02)
                bar.update()
                bar.set_postfix({"loss": "1"})
        assert lines() == []
        assert capsys.readouterr() == ("", "")

    def test_long_work_is_a_line_every_half_minute(self, clock, lines, capsys):
        with show_progress("Training", 1000, "residue") as bar:
            for _ in range(1000):
                clock(0.1)
                bar.update()
        assert len(lines()) == 3
        assert lines()[0].startswith("Training: 300 of 1000 residues (30 %), 10.0")
        assert lines()[0].endswith("01:10 left")
        assert capsys.readouterr() == ("", "")

    def test_says_what_it_has_come_to(self, clock, lines):
        with show_progress("Searching", None, "residue") as bar:
            clock(31)
            bar.set_postfix({"best fvu": "0.2"})
        assert "best fvu=0.2" in lines()[0]

    def test_of_other_ranks_says_nothing(self, clock, lines):
        with show_progress("Training", 100, "residue", shown=False) as bar:
            clock(100)
            bar.update(100)
        assert lines() == []


class TestOnATerminal:
    def test_is_a_bar(self, monkeypatch, capsys, lines):
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
        with show_progress("Training", 100, "residue", done=50) as bar:
            bar.update(50)
        drawn = capsys.readouterr().err
        assert "\r" in drawn
        assert "Training: 100%" in drawn
        assert lines() == []


def test_is_made_in_one_place(project):
    """Whatever draws its own bar fills a log with it."""
    makers = [
        path.name for path in (project / "src").rglob("*.py") if "import tqdm" in path.read_text()
    ]
    assert makers == ["progress.py"]
