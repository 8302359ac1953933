"""Which kernels the dashboard's server has, while pages are opened and left."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

CULL_SOON = (
    "--DashboardKernelManager.cull_unconnected_timeout=8",
    "--MappingKernelManager.cull_interval=1",
)

# Keeps the page's connections at hand; while `isCut`, new ones go nowhere.
CUT = """
  const Whole = WebSocket;
  window.sockets = [];
  window.WebSocket = class extends Whole {
    constructor(url, ...rest) {
      super(window.isCut ? "ws://127.0.0.1:9" : url, ...rest);
      sockets.push(this);
    }
  };
"""


def choose_at_random(page) -> None:
    """Click, and see that the kernel answers."""
    title = page.locator(".plmscope-page h2:visible").first
    before = title.inner_text()
    page.get_by_role("button", name="Random named feature").click()
    expect(title).not_to_have_text(before)


class TestLeaving:
    """Regression: every visit left a kernel of 285 MB behind."""

    def test_a_page_in_any_way_ends_its_kernel(self, server, open_page: Callable):
        visit = open_page(server.url)
        for _ in range(3):
            visit.page.reload()
            visit.wait()
        server.wait_for_kernels(2)
        visit.page.goto("about:blank")
        server.wait_for_kernels(1)
        visit.page.go_back()
        visit.wait()
        choose_at_random(visit.page)
        visit.close()
        server.wait_for_kernels(1)
        assert visit.errors == []

    def test_ends_kernels_that_were_not_kept_ready(
        self, start_server, open_page: Callable, data_root: Path, made_plants, project, tmp_path
    ):
        """Of a notebook with planted outputs and metadata, of which none is shown or run."""
        notebook = tmp_path / "planted.ipynb"
        made_plants.plant_notebook(project / "notebooks/dashboard.ipynb", notebook)
        server = start_server(data_root, "--preheat_kernel=False", notebook=notebook)
        visit = open_page(server.url)
        assert made_plants.ran_in(visit.page) == []
        visit.page.reload()
        visit.wait()
        server.wait_for_kernels(1)
        visit.close()
        server.wait_for_kernels(0)

    def test_one_tab_leaves_the_other_its_kernel(self, server, open_page: Callable):
        one = open_page(server.url)
        other = open_page(server.url, beside=one)
        one.close()
        server.wait_for_kernels(2)
        choose_at_random(other.page)
        other.close()
        server.wait_for_kernels(1)

    def test_before_the_widgets_have_loaded_ends_the_kernel(self, server, open_page: Callable):
        visit = open_page(server.url)
        visit.page.route("**/voila.js*", lambda route: route.abort())
        visit.page.reload()
        visit.page.goto("about:blank")
        server.wait_for_kernels(1)


class TestStaying:
    @pytest.fixture(scope="class")
    def visit(self, server, open_page: Callable):
        visit = open_page(server.url)
        yield visit
        visit.close()

    def test_keeps_the_kernel_where_a_departure_was_cancelled(self, visit):
        """The browser sends `beforeunload` for a download, too, and the page stays."""
        visit.page.evaluate("dispatchEvent(new Event('beforeunload'))")
        choose_at_random(visit.page)

    def test_keeps_the_kernel_from_requests_of_other_sites(self, visit):
        """The server's check of the token is still on."""
        page = json.loads(visit.page.locator("#jupyter-config-data").text_content())
        url = f"{visit.page.url}voila/api/shutdown/{page['kernelId']}"
        assert visit.page.context.request.post(url).status == 403
        choose_at_random(visit.page)

    def test_brings_a_page_that_the_browser_had_put_aside_a_new_kernel(self, visit):
        with visit.page.expect_navigation():
            visit.page.evaluate(
                "dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))"
            )
        visit.wait()
        choose_at_random(visit.page)


class TestCulling:
    def test_ends_the_kernel_of_a_crashed_browser_only(
        self, start_server, open_page: Callable, data_root: Path
    ):
        server = start_server(data_root, *CULL_SOON)
        stays, crashes = open_page(server.url), open_page(server.url)
        server.wait_for_kernels(3)
        crashes.page.close()  # without a word to the page, as in a crash
        server.wait_for_kernels(2, stays_s=9)
        choose_at_random(stays.page)
        stays.close()
        server.wait_for_kernels(1)
        kept_ready = server.kernels()
        visit = open_page(server.url)
        choose_at_random(visit.page)
        assert kept_ready <= server.kernels()


class TestNotice:
    """Regression: broken-link icons moved every widget, and nothing said why no click worked."""

    def notice(self, page):
        return page.get_by_role("alert")

    def expect_one_notice(self, page) -> None:
        expect(self.notice(page)).to_have_count(1)
        expect(self.notice(page)).to_contain_text("The connection to the kernel was lost")

    def reload_by_keyboard(self, visit) -> None:
        button = visit.page.get_by_role("button", name="Reload the page")
        button.focus()
        with visit.page.expect_navigation():
            visit.page.keyboard.press("Enter")
        visit.wait()
        expect(self.notice(visit.page)).to_have_count(0)
        choose_at_random(visit.page)

    def test_says_once_that_the_kernel_was_killed(self, server, open_page: Callable):
        before = server.kernels()
        visit = open_page(server.url)
        page = visit.page
        (kernel,) = server.kernels() & before  # the one that waited
        place = page.get_by_role("button", name="Random named feature").bounding_box()
        os.kill(kernel, signal.SIGKILL)
        self.expect_one_notice(page)
        page.get_by_role("button", name="Random named feature").click()
        assert page.get_by_role("button", name="Random named feature").bounding_box() == place
        self.expect_one_notice(page)
        self.reload_by_keyboard(visit)
        visit.close()
        server.wait_for_kernels(1)

    def test_says_that_the_kernel_was_culled_or_the_server_stopped(
        self, start_server, open_page: Callable, data_root: Path
    ):
        # Time enough for a slow page to connect; culled before that, it would wait for ever.
        server = start_server(
            data_root,
            "--MappingKernelManager.cull_interval=1",
            "--MappingKernelManager.cull_idle_timeout=12",
        )
        visit = open_page(server.url)
        self.expect_one_notice(visit.page)
        self.reload_by_keyboard(visit)
        server.stop()
        self.expect_one_notice(visit.page)
        assert server.start()
        self.reload_by_keyboard(visit)

    def test_goes_away_with_a_connection_that_comes_back(self, server, open_page: Callable):
        visit = open_page(server.url, script=CUT)
        page = visit.page
        page.evaluate("sockets.at(-1).close()")
        page.wait_for_function("sockets.at(-1).readyState === WebSocket.OPEN")
        choose_at_random(page)
        assert visit.errors == []
        page.evaluate("window.isCut = true; sockets.at(-1).close()")
        self.expect_one_notice(page)
        page.evaluate("window.isCut = false")
        expect(self.notice(page)).to_have_count(0)
        choose_at_random(page)
        visit.close()
