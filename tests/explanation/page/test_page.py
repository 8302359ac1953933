"""The page in a real browser, at the widths of a screen, a tablet and a telephone."""

import pytest

import plmscope
from plmscope.explanation.page import page as page_module

HOSTILE = "<img src=x onerror=document.title='hacked'>"


@pytest.fixture(scope="module")
def html(small_atlas, tiny_plm, strangers):
    named = strangers | {HOSTILE: next(iter(strangers.values()))[2:], "bad": "MKT1"}
    return plmscope.explain(named, small_atlas, tiny_plm).to_html()


@pytest.fixture(scope="module")
def file(html, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "explanation.html"
    path.write_text(html)
    return path


@pytest.fixture
def open_page(browser, file):
    """Open the page at a width; what it asks for, and its errors, are noted."""
    opened = []

    def open_page(width):
        page = browser.new_page(viewport={"width": width, "height": 900})
        opened.append(page)
        page.asked, page.errors = [], []
        page.on("request", lambda request: page.asked.append(request.url))
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.goto(file.as_uri())
        return page

    yield open_page
    for page in opened:
        page.close()


class TestPage:
    @pytest.mark.parametrize("width", [1280, 1024, 768, 390])
    def test_fits_and_asks_for_nothing(self, open_page, file, width):
        page = open_page(width)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert [url for url in page.asked if not url.startswith("data:")] == [file.as_uri()]
        assert page.errors == []

    def test_names_are_text(self, open_page):
        page = open_page(1280)
        assert page.title().startswith("PLMscope")
        assert page.get_by_role("heading", name=HOSTILE).count() == 1

    def test_wide_tables_are_reached_by_keyboard(self, open_page):
        page = open_page(390)
        regions = page.get_by_role("region")
        assert regions.count() > 3
        region = regions.first
        region.focus()
        assert region.evaluate("node => node === document.activeElement")

    def test_says_how_many_may_be_false_and_what_was_left_out(self, open_page):
        page = open_page(1280)
        assert page.get_by_text("of which may be false").is_visible()
        assert page.get_by_text("Left out: 1 of 8 sequences").is_visible()

    def test_of_many_shows_the_first_and_says_so(
        self, small_atlas, tiny_plm, strangers, monkeypatch
    ):
        monkeypatch.setattr(page_module, "N_PROTEINS", 2)
        html = plmscope.explain(strangers, small_atlas, tiny_plm).to_html()
        assert html.count("<article>") == 2
        assert "The first 2 of 6 proteins are shown" in html
