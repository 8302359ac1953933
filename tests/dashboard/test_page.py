"""The dashboard in a browser, served by Voilà as `make dashboard` does."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlparse

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MS = 90_000  # the kernel starts on a machine that runs other tests, too

pytestmark = pytest.mark.skipif(
    not Path(CHROMIUM).exists(), reason="needs Debian's chromium: apt-get install chromium"
)


def _serve(project: Path, data_root: Path) -> Iterator[str]:
    """Voilà on a free port, until the test module ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "voila", "notebooks/dashboard.ipynb"),
            *("--template=plmscope", "--no-browser", f"--port={port}"),
            *("--preheat_kernel=True", "--pool_size=1"),
        ],
        cwd=project,
        env=os.environ
        | {
            "JUPYTER_PATH": str(project / "notebooks" / "jupyter"),
            "PLMSCOPE_DATA_ROOT": str(data_root),
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(url)
        yield url
    finally:
        server.terminate()
        server.wait(60)


def _wait_for(url: str) -> None:
    """Until the server answers; a file that is not there is answered without a kernel."""
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{url}/voila/static/voila.js", timeout=2).close()
        except (URLError, TimeoutError):
            time.sleep(0.2)
        else:
            return
    raise TimeoutError(f"voila did not answer at {url}")


@pytest.fixture(scope="module")
def url(project: Path, data_root: Path) -> Iterator[str]:
    yield from _serve(project, data_root)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


class Visit:
    """A page, and what it fetched and complained about on the way."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.page: Page = browser.new_page(viewport={"width": 1400, "height": 900})
        self.page.set_default_timeout(PATIENCE_MS)
        self.requests: list[str] = []
        self.errors: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on(
            "console",
            lambda message: self.errors.append(message.text) if message.type == "error" else None,
        )
        self.page.goto(url)

    def requests_to_other_machines(self) -> list[str]:
        """Every URL asked for that is neither inline nor on this machine."""
        return [
            url
            for url in self.requests
            if urlparse(url).scheme not in ("data", "blob")
            and urlparse(url).hostname not in ("127.0.0.1", "localhost")
        ]


@pytest.fixture(scope="module")
def visit(browser: Browser, url: str) -> Visit:
    visit = Visit(browser, url)
    visit.page.wait_for_selector(".plmscope-protein")
    return visit


class TestDashboardPage:
    def test_shows_a_feature(self, visit: Visit):
        page = visit.page
        expect(page.locator(".plmscope-facts div")).to_have_count(5)
        expect(page.locator("article.plmscope-protein")).to_have_count(5)
        expect(page.locator(".plmscope-pairs tbody tr")).to_have_count(5)

    def test_shows_a_hostile_name_as_it_is(self, visit: Visit):
        page = visit.page
        expect(page.locator(".plmscope-table")).to_contain_text("<img src=x onerror=alert(1)>")
        expect(page.locator(".plmscope-pairs")).to_contain_text("<img src=x onerror=alert(1)>")
        expect(page.locator("img[src=x]")).to_have_count(0)

    def test_a_click_on_a_concept_opens_its_feature(self, visit: Visit):
        page = visit.page
        row = page.locator(".plmscope-table tbody tr").nth(4)
        feature = row.locator("td").nth(1).inner_text()
        proteins = page.locator("article.plmscope-protein header")
        before = proteins.all_text_contents()
        row.click()
        expect(page.locator(".plmscope-page h2").first).to_contain_text(f"f/{feature}")
        expect(row).to_have_class("selected")
        expect(proteins).not_to_have_text(before)

    def test_the_search_narrows_the_concepts(self, visit: Visit):
        page = visit.page
        rows = page.locator(".plmscope-table tbody tr")
        n_all = rows.count()
        page.locator(".plmscope-table input").fill("signal")
        expect(rows.first).to_contain_text("Signal peptide")
        assert 0 < rows.count() < n_all
        page.locator(".plmscope-table input").fill("")
        expect(rows).to_have_count(n_all)

    def test_a_click_on_the_map_opens_the_feature(self, visit: Visit):
        page = visit.page
        page.get_by_role("tab", name="All features").click()
        page.locator("circle[data-feature='21']").click()
        title = page.locator(".plmscope-page h2").first
        expect(title).to_contain_text("f/21")
        expect(title).to_be_visible()

    def test_the_search_tab_draws_its_plots(self, visit: Visit):
        page = visit.page
        expect(page.locator(".js-plotly-plot")).to_have_count(0)
        page.get_by_role("tab", name="Search").click()
        expect(page.get_by_text("trial 2, chosen")).to_be_visible()
        expect(page.locator(".js-plotly-plot .scatterlayer path.point")).to_have_count(5 * 3)

    def test_fetches_nothing_from_another_machine(self, visit: Visit):
        visit.page.wait_for_load_state("networkidle")
        assert len(visit.requests) > 5
        assert visit.requests_to_other_machines() == []

    def test_has_no_error_on_the_console(self, visit: Visit):
        assert visit.errors == []


class TestNotebook:
    def test_is_three_cells_without_outputs(self, project: Path):
        import json

        cells = json.loads((project / "notebooks/dashboard.ipynb").read_text())["cells"]
        assert len(cells) == 3
        assert not any(cell["outputs"] for cell in cells)
