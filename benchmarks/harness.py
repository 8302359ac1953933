"""Measuring ours and a reference in turn, showing the figures, keeping them as JSON.

A benchmark is a module of this package with a function `run()` that returns figures: dicts with
the keys figure, ours, reference, ratio, unit, reference_is. `make_figure` makes one.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

RESULTS = Path(__file__).parent / "results"
Figure = dict[str, object]


def seconds_in_turn(
    *functions: Callable[[], object],
    repeats: int = 5,
    prepare: Callable[[], object] = lambda: None,
) -> list[float]:
    """Median seconds of each function; they take turns, so that a busy machine slows all alike.

    Each is called once beforehand and not counted, nor is `prepare`, which comes before each call.
    """
    for function in functions:
        prepare()
        function()
    seconds: list[list[float]] = [[] for _ in functions]
    for _ in range(repeats):
        for function, own in zip(functions, seconds, strict=True):
            prepare()
            start = time.perf_counter()
            function()
            own.append(time.perf_counter() - start)
    return [median(own) for own in seconds]


def make_figure(figure: str, ours: float, reference: float, unit: str, reference_is: str) -> Figure:
    """One figure; `ratio` is ours over the reference."""
    return {
        "figure": figure,
        "ours": ours,
        "reference": reference,
        "ratio": ours / reference,
        "unit": unit,
        "reference_is": reference_is,
    }


def show_and_keep(name: str, figures: list[Figure]) -> None:
    """Print the figures as a table and write `results/<name>.json`."""
    table = Table("figure", "ours", "reference", "ratio", "unit", "reference is", title=name)
    for figure in figures:
        numbers = (f"{figure[key]:.4g}" for key in ("ours", "reference", "ratio"))
        table.add_row(
            str(figure["figure"]), *numbers, str(figure["unit"]), str(figure["reference_is"])
        )
    Console().print(table)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(figures, indent=2) + "\n")


@contextmanager
def peak_anonymous_gb() -> Iterator[list[float]]:
    """Highest growth of the process's anonymous memory within the block, sampled."""
    start, peak, done = _anonymous_gb(), [0.0], threading.Event()

    def sample() -> None:
        while not done.wait(0.005):
            peak[0] = max(peak[0], _anonymous_gb() - start)

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield peak
    finally:
        done.set()
        thread.join()


def _anonymous_gb() -> float:
    status = Path("/proc/self/status").read_text()
    [line] = [line for line in status.splitlines() if line.startswith("RssAnon")]
    return int(line.split()[1]) * 1024 / 1e9
