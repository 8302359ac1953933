"""The static site of the tiny sample, in a browser, from disk and from a web host."""

import functools
import http.server
import threading

import pandas as pd
import pytest

from plmscope.disk.versions import newest
from plmscope.features import find_pattern

FOLDER = "08_reporting/tiny/layer_2/default"
LISTED = ".table tbody tr"


@pytest.fixture(scope="module")
def site(measured_root, kedro_run):
    kedro_run(measured_root, ["site"], site={"features_per_file": 16})
    return newest(measured_root / f"{FOLDER}/site")


@pytest.fixture(scope="module")
def table(measured_root):
    features = pd.read_parquet(newest(measured_root / f"{FOLDER}/feature_table.parquet"))
    return features[features["n_residues_active"] > 0].set_index("feature", drop=False)


@pytest.fixture(scope="module")
def hosted(site):
    """The site behind a web server on loopback."""
    handler = functools.partial(_Quiet, directory=str(site))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/index.html"
    server.shutdown()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def page(browser, request):
    """A page that reports what it asks for and what goes wrong; 1280 px wide unless told."""
    page = browser.new_page(viewport={"width": getattr(request, "param", 1280), "height": 800})
    page.asked, page.errors = [], []
    page.on("request", lambda asked: page.asked.append(asked.url))
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("console", lambda line: line.type == "error" and page.errors.append(line.text))
    yield page
    assert page.errors == []
    page.close()


def _open(page, address):
    page.goto(address)
    page.wait_for_selector("body[data-ready=yes]")


def _find(page, kind, text):
    page.select_option("#kind", kind)
    page.fill("#query", text)
    page.wait_for_function("!/Searching/.test(document.querySelector('#found').textContent)")


def _listed(page):
    return [int(text) for text in page.locator(f"{LISTED} td:first-child").all_inner_texts()]


class TestPlants:
    def test_stay_text(self, page, site, table, made_plants):
        """Names of proteins, genes and a domain that would run code; the pages' errors count."""
        for feature in table.index[:12]:
            _open(page, f"{site.as_uri()}/index.html#f/{feature}")
            assert made_plants.ran_in(page) == []
        assert "<img src=planted" in page.content().replace("&lt;", "<")


class TestFinding:
    def test_all_living_features_are_listed(self, page, site, table):
        _open(page, site.as_uri() + "/index.html")
        n = len(table)
        assert page.inner_text("#found") == f"{n} of {n} features"
        assert len(_listed(page)) == min(n, 200)

    def test_words_in_any_order(self, page, site, table):
        described = table[table["description"].str.len() > 0].iloc[0]
        first, *_, last = described["description"].lower().strip(".").split()
        _open(page, site.as_uri() + "/index.html")
        _find(page, "words", f"{last} {first}")
        assert int(described["feature"]) in _listed(page)
        _find(page, "words", "nosuchword")
        assert page.inner_text("#found").endswith("nothing found")

    def test_by_number(self, page, site, table):
        feature = int(table["feature"].iloc[7])
        _open(page, site.as_uri() + "/index.html")
        _find(page, "words", f"f/{feature}")
        assert _listed(page) == [feature]

    def test_by_motif_finds_what_the_pattern_is_in(self, page, site, table, measured_root):
        motifs = pd.read_parquet(newest(measured_root / f"{FOLDER}/feature_motifs.parquet"))
        shown = motifs[(motifs["rows"].str.len() > 0) & motifs["feature"].isin(table["feature"])]
        window = shown["rows"].iloc[0][0].replace("-", "")
        pattern = f"{window[4]}-x(1,2)-[{window[6]}{window[7]}]"
        _open(page, site.as_uri() + "/index.html")
        _find(page, "motif", pattern)
        expected = {
            int(feature)
            for feature, rows in zip(shown["feature"], shown["rows"], strict=True)
            if any(find_pattern(pattern, row.replace("-", "")) for row in rows[:8])
        }
        assert set(_listed(page)) == expected
        assert expected
        _find(page, "motif", "C-x(2")
        assert page.inner_text("#found").startswith("This is no pattern")

    def test_by_accession(self, page, site, table, measured_root):
        examples = pd.read_parquet(newest(measured_root / f"{FOLDER}/feature_examples.parquet"))
        accession = examples["accession"].value_counts().index[0]
        own = set(examples.loc[examples["accession"] == accession, "feature"])
        _open(page, site.as_uri() + "/index.html")
        _find(page, "protein", accession.lower())
        assert page.inner_text("#found").startswith("1 protein so named; ")
        assert set(_listed(page)) <= own & set(table["feature"])
        assert _listed(page)

    def test_a_sequence_finds_the_motifs_in_it(self, page, site, table, measured_root):
        motifs = pd.read_parquet(newest(measured_root / f"{FOLDER}/feature_motifs.parquet"))
        windows = {
            feature: [row.replace("-", "") for row in rows]
            for feature, rows in zip(motifs["feature"], motifs["rows"], strict=True)
        }
        with_motif = table[table["motif"] != ""]
        _open(page, site.as_uri() + "/index.html")
        _find(page, "sequence", "MKV")
        assert page.inner_text("#found").startswith("Paste a protein sequence")
        mine = next(
            (feature, window)
            for feature, pattern in with_motif["motif"].items()
            for window in windows[feature]
            if find_pattern(pattern, window)
        )
        _find(page, "sequence", f">sp|P1|MINE My own\n{mine[1][:8]}\n{mine[1][8:]}")
        assert mine[0] in _listed(page)
        for feature in _listed(page):
            assert find_pattern(table["motif"][feature], mine[1])

    def test_the_list_is_sorted_by_its_headers(self, page, site):
        _open(page, site.as_uri() + "/index.html")
        page.click("th button[data-key=feature]")
        assert _listed(page) == sorted(_listed(page))
        page.click("th button[data-key=feature]")
        assert _listed(page) == sorted(_listed(page), reverse=True)
        assert page.get_attribute("th:first-child", "aria-sort") == "descending"

    def test_what_is_listed_can_be_exported(self, page, site, table):
        _open(page, site.as_uri() + "/index.html")
        with page.expect_download() as download:
            page.click("#export")
        exported = pd.read_csv(download.value.path())
        assert set(exported["feature"]) == set(table["feature"])
        names = exported.set_index("feature")["description"].fillna("")
        assert names.to_dict() == table["description"].to_dict()


class TestFeature:
    def test_has_a_permanent_address(self, page, hosted, table):
        """Clicked, gone back from, reloaded, and opened from a copied link."""
        _open(page, hosted)
        link = page.locator(f"{LISTED} a").first
        feature = int(link.inner_text())
        link.click()
        page.wait_for_selector(f"#page h2:has-text('f/{feature}')")
        address = page.url
        assert address.endswith(f"#f/{feature}")
        assert page.title().startswith(f"f/{feature}")
        page.go_back()
        page.wait_for_selector("#overview:visible")
        page.go_forward()
        page.wait_for_selector(f"#page h2:has-text('f/{feature}')")
        page.reload()
        page.wait_for_selector(f"#page h2:has-text('f/{feature}')")
        other = table["feature"].iloc[3]
        page.goto(address.replace(f"#f/{feature}", f"#f/{other}"))
        page.wait_for_selector(f"#page h2:has-text('f/{other} ')")

    def test_shows_what_is_known(self, page, site, table, measured_root):
        examples = pd.read_parquet(newest(measured_root / f"{FOLDER}/feature_examples.parquet"))
        feature = table.sort_values("fraction_of_proteins").iloc[-1]
        _open(page, site.as_uri() + f"/index.html#f/{feature['feature']}")
        page.wait_for_selector("#page article.plmscope-protein")
        text = page.inner_text("#page")
        assert feature["description"] in text
        own = examples[(examples["feature"] == feature["feature"]) & (examples["kind"] == "top")]
        assert page.locator("#page article.plmscope-protein").count() == min(4, len(own))
        assert page.locator("#page .neighbours li").count() >= 8

    def test_one_that_there_is_not_says_so(self, page, site):
        _open(page, site.as_uri() + "/index.html#f/999999")
        assert page.inner_text("#page") == "There is no feature f/999999 that fires."

    def test_a_dot_of_the_map_opens_its_feature(self, page, site, table):
        _open(page, site.as_uri() + "/index.html")
        far_left = table["x"].idxmin()
        box = page.locator("#map").bounding_box()
        height = table["y"].max() - table["y"].min()
        share = (table["y"].max() - table["y"][far_left]) / height
        scale = box["width"] / 960
        page.mouse.click(box["x"] + 20 * scale, box["y"] + (20 + share * (620 - 40)) * scale)
        page.wait_for_selector("#page h2")
        assert f"f/{far_left}" in page.inner_text("#page h2")


class TestOffline:
    def test_asks_for_nothing_outside_its_folder(self, page, site, table):
        _open(page, site.as_uri() + f"/index.html#f/{table['feature'].iloc[0]}")
        for kind, text in (("protein", "P"), ("motif", "C-x-C")):
            _find(page, kind, text)
        assert all(url.startswith((site.as_uri(), "data:")) for url in page.asked)

    @pytest.mark.parametrize("page", [1280, 1024, 768, 390], indirect=True)
    def test_fits_every_width(self, page, site, table):
        width = page.viewport_size["width"]
        feature = table.sort_values("fraction_of_proteins")["feature"].iloc[-1]
        for address in ("", f"#f/{feature}"):
            _open(page, site.as_uri() + "/index.html" + address)
            assert page.evaluate("document.documentElement.scrollWidth") <= width

    def test_a_feature_is_reached_by_keyboard(self, page, site):
        _open(page, site.as_uri() + "/index.html")
        page.focus("#query")
        for _ in range(40):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.matches('.table tbody a')"):
                break
        page.keyboard.press("Enter")
        page.wait_for_selector("#page h2")
        assert page.evaluate("document.activeElement.matches('#page h2')")

    @pytest.mark.parametrize("what", ["overview", "feature"])
    def test_keeps_nobody_out(self, page, site, table, barriers, what):
        feature = table.sort_values("fraction_of_proteins")["feature"].iloc[-1]
        address = f"#f/{feature}" if what == "feature" else ""
        _open(page, site.as_uri() + "/index.html" + address)
        assert barriers(page) == []
        page.errors.clear()  # axe-core asks for the style sheet, which a page from disk may not
