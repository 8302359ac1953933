"""The static site of the bundled sample's 2,560 features: writing, size, first view.

Needs what `make run` leaves, and Chromium.
"""

import shutil
import tempfile
import time
from pathlib import Path

from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from playwright.sync_api import sync_playwright

from benchmarks.harness import Figure, make_figure
from benchmarks.sample import PROJECT
from plmscope.pipelines.site.pipeline import create_pipeline

LIMIT_S, LIMIT_VIEW_S, LIMIT_MB = 60.0, 2.0, 50.0


def run() -> list[Figure]:
    """All three beside the limits that were set."""
    bootstrap_project(PROJECT)
    (node,) = create_pipeline().nodes
    with KedroSession.create(PROJECT) as session:
        catalog = session.load_context().catalog
        site = node.func(*(catalog.load(name) for name in node.inputs))
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "site"
        start = time.perf_counter()
        site.write(folder)
        writing = time.perf_counter() - start
        megabytes = sum(path.stat().st_size for path in folder.rglob("*.*")) / 1e6
        viewing = _first_view(folder)
    name = f"site of {len(site.feature_table):,} features"
    return [
        make_figure(f"{name}, writing", writing, LIMIT_S, "s", "the limit set"),
        make_figure(f"{name}, size", megabytes, LIMIT_MB, "MB", "the limit set"),
        make_figure(f"{name}, first view from disk", viewing, LIMIT_VIEW_S, "s", "the limit set"),
    ]


def _first_view(folder: Path) -> float:
    with sync_playwright() as playwright:
        chromium = shutil.which("chromium") or "/usr/bin/chromium"
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        start = time.perf_counter()
        page.goto((folder / "index.html").as_uri())
        page.wait_for_selector("body[data-ready=yes]")
        seconds = time.perf_counter() - start
        browser.close()
    return seconds
