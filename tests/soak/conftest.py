"""Tells at the end which of the kill rounds recovered, and where they had been killed."""

from collections import Counter
from collections.abc import Callable

import pytest

RECOVERED = pytest.StashKey[list[str]]()


@pytest.fixture
def recovered(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Note where a round was killed that has recovered."""
    return request.config.stash.setdefault(RECOVERED, []).append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    rounds = terminalreporter.config.stash.get(RECOVERED, [])
    reports = terminalreporter.stats
    n_rounds = sum(len(reports.get(kind, [])) for kind in ("passed", "failed", "error"))
    for place, n_there in Counter(rounds).most_common():
        terminalreporter.write_line(f"killed {place}: {n_there} recovered")
    if rounds:
        terminalreporter.write_line(f"{len(rounds)} of {n_rounds} kill rounds recovered")
