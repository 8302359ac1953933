"""The dashboard in a browser, served by Voilà as `make dashboard` does."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect


@pytest.fixture(scope="module")
def visit(server, open_page: Callable):
    visit = open_page(server.url)
    yield visit
    visit.close()


class TestDashboardPage:
    def test_shows_a_feature(self, visit):
        page = visit.page
        expect(page.locator(".plmscope-facts div")).to_have_count(5)
        expect(page.locator("article.plmscope-protein")).to_have_count(5)
        expect(page.locator(".plmscope-pairs tbody tr")).to_have_count(5)

    def test_shows_a_hostile_name_as_it_is(self, visit):
        page = visit.page
        expect(page.locator(".plmscope-sidebar .plmscope-table")).to_contain_text(
            "<img src=x onerror=alert(1)>"
        )
        expect(page.locator(".plmscope-pairs")).to_contain_text("<img src=x onerror=alert(1)>")
        expect(page.locator("img[src=x]")).to_have_count(0)

    def test_a_click_on_a_concept_opens_its_feature(self, visit):
        page = visit.page
        row = page.locator(".plmscope-sidebar tbody tr").nth(4)
        feature = row.locator("td").nth(1).inner_text()
        proteins = page.locator("article.plmscope-protein header")
        before = proteins.all_text_contents()
        row.click()
        expect(page.locator(".plmscope-page h2:visible").first).to_contain_text(f"f/{feature}")
        expect(row).to_have_class("selected")
        expect(proteins).not_to_have_text(before)

    def test_the_search_narrows_the_concepts(self, visit):
        page = visit.page
        rows = page.locator(".plmscope-sidebar tbody tr")
        n_all = rows.count()
        page.locator(".plmscope-sidebar .plmscope-table input").fill("signal")
        expect(rows.first).to_contain_text("Signal peptide")
        assert 0 < rows.count() < n_all
        page.locator(".plmscope-sidebar .plmscope-table input").fill("")
        expect(rows).to_have_count(n_all)

    def test_a_click_on_the_map_opens_the_feature(self, visit):
        page = visit.page
        page.get_by_role("tab", name="Overview").click()
        page.get_by_text("Fraction of residues").click()
        page.locator("circle[data-feature='21']").click()
        title = page.locator(".plmscope-page h2:visible").first
        expect(title).to_contain_text("f/21")
        expect(title).to_be_visible()

    def test_the_search_tab_draws_its_plots(self, visit):
        page = visit.page
        expect(page.locator(".js-plotly-plot")).to_have_count(0)
        page.get_by_role("tab", name="Search").click()
        expect(page.get_by_text("trial 2, chosen")).to_be_visible()
        expect(page.locator(".js-plotly-plot .scatterlayer path.point")).to_have_count(5 * 3)

    def test_the_search_tab_keeps_nobody_out(self, visit, barriers):
        page = visit.page
        page.get_by_role("tab", name="Search").click()
        expect(page.locator(".js-plotly-plot").last).to_be_attached()
        assert barriers(page) == []
        usual = page.viewport_size
        for width in (1024, 768, 390):
            page.set_viewport_size({"width": width, "height": 800})
            page.wait_for_timeout(200)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            box = page.locator(".plmscope-body > .widget-tab").bounding_box()
            assert box["x"] + box["width"] <= width + 1
        page.set_viewport_size(usual)

    def test_fetches_nothing_from_another_machine(self, visit):
        visit.page.wait_for_load_state("networkidle")
        assert len(visit.requests) > 5
        assert visit.requests_to_other_machines() == []

    def test_has_no_error_on_the_console(self, visit):
        assert visit.errors == []


class TestNewRun:
    def test_is_shown_at_the_first_reload(
        self, start_server, open_page: Callable, project: Path, data_root: Path, tmp_path: Path
    ):
        """Regression: a kernel that was kept ready showed what there was when it started."""
        root = tmp_path / "data"
        server = start_server(os.path.relpath(root, project))
        visit = open_page(server.url)
        expect(visit.page.locator(".plmscope-message")).to_contain_text(f"no folder {root}")
        server.wait_for_kernels(2, stays_s=3)  # one is ready for the next visit
        shutil.copytree(data_root, root)
        visit.page.reload()
        visit.wait()
        expect(visit.page.locator("article.plmscope-protein")).to_have_count(5)
        assert visit.errors == []
        visit.close()


class TestNotebook:
    def test_is_three_cells_without_outputs(self, project: Path):
        import json

        cells = json.loads((project / "notebooks/dashboard.ipynb").read_text())["cells"]
        assert len(cells) == 3
        assert not any(cell["outputs"] for cell in cells)
