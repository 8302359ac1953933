"""The views of the dashboard over a real, tiny run: found, clicked, linked to, at four widths."""

import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlparse

import pandas as pd
import pytest
from playwright.sync_api import expect

from plmscope.disk.versions import newest

FOLDER = "08_reporting/tiny/layer_2/default"
SHOWN = ".plmscope-page:visible"
RECORD_WORK = """
addEventListener("DOMContentLoaded", () => new MutationObserver(() => {
  window.hasWorked ||= document.querySelector(".plmscope-working")?.textContent === "Working…";
}).observe(document.body, { childList: true, subtree: true, characterData: true }));
"""
VIEWS = ("Overview", "Find", "Feature", "Protein", "Missing annotations", "Controls", "Search")


@pytest.fixture(scope="module")
def server(start_server: Callable, measured_root):
    return start_server(measured_root)


@pytest.fixture(scope="module")
def visit(server, open_page: Callable):
    visit = open_page(server.url)
    yield visit
    assert visit.errors == []
    assert visit.requests_to_other_machines() == []
    visit.close()


@pytest.fixture(scope="module")
def features(measured_root):
    return pd.read_parquet(newest(measured_root / f"{FOLDER}/feature_table.parquet"))


@pytest.fixture(scope="module")
def proteins(measured_root):
    return pd.read_parquet(measured_root / "03_primary/proteins.parquet")


def _go(page, name):
    page.get_by_role("tab", name=name, exact=True).click()


def _said(page):
    return {name: values[0] for name, values in parse_qs(urlparse(page.url).query).items()}


def _upload(page, button, path):
    with page.expect_file_chooser() as chooser:
        page.locator(f"{SHOWN} button", has_text=button).click()
    chooser.value.set_files(path)


class TestAddress:
    def test_a_copied_link_opens_the_same_view_in_a_fresh_kernel(self, server, open_page):
        """A kernel that was kept ready, too."""
        for _ in range(2):
            visit = open_page(f"{server.url}/?view=feature&feature=11")
            expect(visit.page.locator(f"{SHOWN} h2").first).to_contain_text("f/11")
            assert _said(visit.page) == {
                "run": "tiny/2/default",
                "view": "feature",
                "feature": "11",
            }
            visit.close()

    def test_back_forward_and_reload_keep_the_place(self, visit):
        page = visit.page
        first = _said(page)["feature"]
        page.locator(".plmscope-sidebar tbody tr").nth(2).click()
        page.wait_for_function(f"!location.search.endsWith('feature={first}')")
        second = _said(page)["feature"]
        _go(page, "Controls")
        expect(page.locator(f"{SHOWN} h2")).to_contain_text("Controls")
        page.go_back()
        expect(page.locator(f"{SHOWN} h2").first).to_contain_text(f"f/{second}")
        page.go_back()
        expect(page.locator(f"{SHOWN} h2").first).to_contain_text(f"f/{first}")
        page.go_forward()
        expect(page.locator(f"{SHOWN} h2").first).to_contain_text(f"f/{second}")
        page.reload()
        expect(page.locator(f"{SHOWN} h2").first).to_contain_text(f"f/{second}")

    def test_what_there_is_not_is_told(self, server, open_page):
        visit = open_page(f"{server.url}/?run=none/1/x&feature=99999")
        notice = visit.page.locator(".plmscope-note")
        expect(notice).to_contain_text("There is no run none/1/x. There is no feature f/99999.")
        visit.close()


class TestOverview:
    def test_a_map_is_zoomed_moved_and_clicked(self, visit):
        page = visit.page
        _go(page, "Overview")
        drawing = page.locator(f"{SHOWN} .plmscope-drawing svg")
        whole = drawing.get_attribute("viewBox")
        for name in ("Decoder directions", "Fraction of residues"):
            page.get_by_role("button", name=name).click()
            expect(drawing).to_have_attribute("viewBox", whole)
            page.get_by_role("button", name="Zoom in").click()
            expect(drawing).not_to_have_attribute("viewBox", whole)
        zoomed = drawing.get_attribute("viewBox")
        drawing.hover(position={"x": 300, "y": 200})
        page.mouse.down()
        box = drawing.bounding_box()
        page.mouse.move(box["x"] + 400, box["y"] + 240, steps=3)
        page.mouse.up()
        expect(drawing).not_to_have_attribute("viewBox", zoomed)
        page.get_by_role("button", name="Whole map").click()
        expect(drawing).to_have_attribute("viewBox", whole)
        point = drawing.locator("circle[data-feature]").last
        feature = point.get_attribute("data-feature")
        point.click(force=True)
        expect(page.locator(f"{SHOWN} h2").first).to_contain_text(f"f/{feature}")


class TestFind:
    def test_lists_all_features_and_finds_words_in_any_order(self, visit, features):
        page = visit.page
        _go(page, "Find")
        table = page.locator(f"{SHOWN} .plmscope-table")
        expect(table.locator("tbody tr")).to_have_count(min(len(features), 200))
        named = features[features["name"].str.contains(" ", na=False)].iloc[0]
        words = named["name"].split()
        table.locator("input[type=search]").fill(f"{words[-1]} {words[0]}")
        expect(table).to_contain_text(named["name"])
        table.locator("input[type=search]").fill("")

    def test_by_motif_and_by_protein(self, visit, proteins):
        page = visit.page
        _go(page, "Find")
        page.get_by_placeholder("C-x(2,4)-C").fill("L-x(0,3)-L")
        page.keyboard.press("Enter")
        expect(page.locator(SHOWN)).to_contain_text("The pattern is in windows of")
        page.get_by_placeholder("C-x(2,4)-C").fill("C-x(2")
        page.keyboard.press("Enter")
        expect(page.locator(SHOWN)).to_contain_text("is no PROSITE pattern")
        page.get_by_placeholder("P04637, TP53, zinc finger").fill(proteins["accession"].iloc[0])
        page.keyboard.press("Enter")
        expect(page.locator(SHOWN)).to_contain_text("1 proteins; examples of")
        page.get_by_role("button", name="All features").click()

    def test_filters_and_groups(self, visit, features):
        page = visit.page
        _go(page, "Find")
        table = page.locator(f"{SHOWN} .plmscope-table")
        alive = features[features["n_residues_active"] > 0]
        pattern = alive["pattern"].mode().iloc[0]
        table.get_by_label("Pattern").select_option(pattern)
        n_rows = int((alive["pattern"] == pattern).sum())
        expect(table.locator("tbody [data-feature]")).to_have_count(n_rows)
        table.get_by_label("Pattern").select_option("")
        category = alive.loc[alive["name"] != "", "category"].iloc[0]
        table.get_by_label("Category").select_option(category)
        table.get_by_label("grouped by name").check()
        named = alive[(alive["name"] != "") & (alive["category"] == category)]
        heads = table.locator("tbody .group")
        expect(heads).to_have_count(named["name"].nunique())
        sizes = named["name"].value_counts()
        assert sorted(heads.all_text_contents()) == sorted(f"{n} ({s})" for n, s in sizes.items())
        table.get_by_label("grouped by name").uncheck()
        table.get_by_label("Category").select_option("")

    def test_what_is_shown_is_exported(self, visit, features):
        page = visit.page
        _go(page, "Find")
        with page.expect_download() as download:
            page.locator(f"{SHOWN} button", has_text="CSV").click()
        exported = pd.read_csv(download.value.path())
        alive = features.loc[features["n_residues_active"] > 0, "feature"]
        assert set(exported["f/"]) == set(alive)

    def test_is_sorted_and_walked_by_keyboard(self, visit):
        page = visit.page
        _go(page, "Find")
        header = page.locator(f"{SHOWN} th", has_text="f/")
        header.locator("button").focus()
        page.keyboard.press("Enter")
        expect(header).to_have_attribute("aria-sort", "ascending")
        rows = page.locator(f"{SHOWN} .plmscope-table tbody tr")
        rows.first.focus()
        page.keyboard.press("ArrowDown")
        expect(rows.nth(1)).to_be_focused()
        feature = rows.nth(1).locator("td").first.inner_text()
        page.keyboard.press("Enter")
        expect(page.locator(f"{SHOWN} h2").first).to_contain_text(f"f/{feature}")

    def test_few_tab_stops_are_before_the_views(self, visit):
        """Regression: there were 727, one for each row."""
        page = visit.page
        before = page.evaluate(
            "[...document.querySelectorAll('.plmscope-sidebar *')]"
            ".filter((element) => element.tabIndex >= 0).length"
        )
        assert before < 20


class TestFeature:
    def test_the_current_feature_is_opened_by_a_click(self, visit):
        """Regression: nothing changed, so that the page stayed where it was."""
        page = visit.page
        row = page.locator(".plmscope-sidebar tbody tr").nth(1)
        row.click()
        _go(page, "Controls")
        row.click()
        expect(page.get_by_role("tab", name="Feature", exact=True)).to_have_attribute(
            "aria-selected", "true"
        )

    def test_shows_motif_families_and_effect(self, server, open_page, features):
        climbed = features[(features["rung"] > 0) & (features["module"] >= 0)]
        feature = int(
            (climbed if len(climbed) else features[features["rung"] > 0])["feature"].iloc[0]
        )
        visit = open_page(f"{server.url}/?feature={feature}")
        page = visit.page.locator(SHOWN)
        for text in ("Motif", "Families and neighbours", "of 5 rungs climbed", "q-value"):
            expect(page).to_contain_text(text)
        expect(page.locator(".plmscope-pairs")).to_contain_text(re.compile(r"0\.\d\d – [01]\.\d\d"))
        page.get_by_label("aligned at the peak").check()
        aligned = page.locator("pre.sequence")
        expect(aligned).to_have_count(1)
        assert len(aligned.inner_text().split("\n")) > 2
        page.get_by_label("aligned at the peak").uncheck()
        expect(page.locator("article.plmscope-protein").first).to_be_visible()
        neighbour = page.locator("button[data-feature]").first
        number = neighbour.get_attribute("data-feature")
        neighbour.click()
        expect(page.locator("h2").first).to_contain_text(f"f/{number}")
        visit.close()


class TestProtein:
    def test_an_accession_is_explained_and_steered(self, server, open_page, proteins):
        shortest = proteins.loc[proteins["length"].idxmin()]
        visit = open_page(f"{server.url}/?view=protein", script=RECORD_WORK)
        page = visit.page
        _go(page, "Protein")
        page.locator(f"{SHOWN} textarea").fill(shortest["accession"])
        page.get_by_role("button", name="Explain").click()
        expect(page.locator(SHOWN)).to_contain_text("Download: calls, features, nearest.")
        assert _said(page)["protein"] == shortest["accession"]
        page.get_by_role("button", name="Steer").click()
        expect(page.locator(SHOWN)).to_contain_text("rose most")
        with page.expect_download() as download:
            page.get_by_role("link", name="steering_by_").click()
        steered = pd.read_csv(download.value.path())
        assert steered["position"].max() == shortest["length"]
        assert page.evaluate("window.hasWorked")
        expect(page.locator(".plmscope-working")).to_be_empty()
        page.get_by_placeholder("all, or 5 9-12").fill("9999")
        page.get_by_role("button", name="Steer").click()
        expect(page.locator(SHOWN)).to_contain_text("is to be edited at residue 9999")
        assert visit.errors == []
        assert visit.requests_to_other_machines() == []
        visit.close()

    def test_what_is_no_protein_is_told(self, server, open_page):
        visit = open_page(f"{server.url}/?view=protein&protein=M1K2")
        expect(visit.page.locator(f"{SHOWN} .plmscope-empty")).to_be_visible()
        visit.close()

    def test_is_drawn_with_features_annotations_and_its_structure(
        self, server, open_page, proteins, made_structures, tmp_path
    ):
        """Own files by upload; what does not fit is told and changes nothing."""
        chosen = proteins.loc[proteins["length"].idxmin()]
        visit = open_page(f"{server.url}/?view=protein&protein={chosen['accession']}")
        page = visit.page
        shown = page.locator(SHOWN)
        expect(shown).to_contain_text("Download: calls")
        tracks = page.locator(f"{SHOWN} .plmscope-tracks svg")
        expect(tracks).to_be_visible()
        names = [name.lstrip("f/") for name in tracks.locator("text.name").all_text_contents()]
        drawn = page.get_by_placeholder("118 2255").input_value().split()
        assert [name.split()[0] for name in names[: len(drawn)]] == drawn

        own = tmp_path / "own.csv"
        own.write_text("start,end,name\n3,9,My site\n")
        _upload(page, "Own annotations", own)
        expect(tracks).to_contain_text("My site")
        own.write_text("start,end\n3,99999\n")
        _upload(page, "Own annotations", own)
        expect(shown).to_contain_text("own.csv: line 2: start and end have to be residues 1 to")

        other = made_structures.write_structure(
            tmp_path / "other.pdb", {"A": ("W" * 40, made_structures.helix(40))}
        )
        _upload(page, "Own structure", other)
        expect(shown).to_contain_text("other.pdb: it is of another protein")
        length = len(chosen["sequence"])
        mine = made_structures.write_structure(
            tmp_path / "mine.cif", {"A": (chosen["sequence"], made_structures.helix(length))}
        )
        _upload(page, "Own structure", mine)
        expect(shown).to_contain_text("In space mine.cif")
        expect(page.locator(f"{SHOWN} .plmscope-structure canvas")).to_be_visible()

        tracks.hover(position={"x": 400, "y": 20})
        expect(page.locator(f"{SHOWN} .plmscope-tracks [role=status]")).not_to_be_empty()
        page.get_by_role("button", name="Zoom in").click()
        page.get_by_role("button", name="Whole").click()
        assert visit.errors == []
        assert visit.requests_to_other_machines() == []
        visit.close()


class TestControls:
    def test_says_what_is_not_there_and_what_makes_it(self, visit):
        _go(visit.page, "Controls")
        shown = visit.page.locator(SHOWN)
        expect(shown).to_contain_text("raw neurons")
        expect(shown).to_contain_text("kedro run --pipelines controls")


class TestEveryView:
    @pytest.fixture(scope="class")
    def visit(self, server, open_page, proteins):
        accession = proteins.loc[proteins["length"].idxmin(), "accession"]
        visit = open_page(f"{server.url}/?view=protein&protein={accession}")
        expect(visit.page.locator(SHOWN)).to_contain_text("Download: calls")
        yield visit
        assert visit.errors == []
        visit.close()

    @pytest.mark.parametrize("width", [1280, 1024, 768, 390])
    def test_can_be_reached_at_any_width(self, visit, width):
        page = visit.page
        page.set_viewport_size({"width": width, "height": 800})
        for name in VIEWS:
            _go(page, name)
            page.wait_for_timeout(100)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            box = page.locator(".plmscope-body > .widget-tab").bounding_box()
            assert box["width"] > min(width - 60, 500)
            assert box["x"] + box["width"] <= width + 1

    @pytest.mark.parametrize("name", VIEWS)
    def test_keeps_nobody_out(self, visit, barriers, name):
        page = visit.page
        page.set_viewport_size({"width": 1280, "height": 900})
        _go(page, name)
        expect(page.locator(SHOWN)).to_be_visible()
        page.wait_for_timeout(200)
        assert barriers(page) == []

    def test_has_controls_that_are_named_after_their_heading(self, visit):
        page = visit.page
        _go(page, "Protein")
        for role, name in (
            ("combobox", "PLM, layer and SAE"),
            ("spinbutton", "Feature number"),
            ("slider", "Fraction of its maximum"),
            ("combobox", "Beside it:"),
        ):
            expect(page.get_by_role(role, name=name)).to_be_visible()

    def test_has_the_sidebar_beside_it_when_it_is_scrolled(self, visit):
        page = visit.page
        page.set_viewport_size({"width": 1280, "height": 700})
        _go(page, "Feature")
        page.locator("article.plmscope-protein").last.scroll_into_view_if_needed()
        assert page.locator(".plmscope-sidebar").bounding_box()["y"] > -50


class TestTwoRuns:
    def test_stand_beside_each_other(self, server, open_page):
        visit = open_page(server.url)
        page = visit.page
        page.locator(".plmscope-beside select").select_option(index=1)
        expect(page.locator(".plmscope-body")).to_have_count(2)
        page.set_viewport_size({"width": 1400, "height": 900})
        left, right = (page.locator(".plmscope-body").nth(i).bounding_box() for i in range(2))
        assert left["y"] == right["y"]
        assert left["x"] + left["width"] <= right["x"] + 1
        assert "beside=tiny/2/default" in page.url
        visit.close()
