"""What people come for, from beginning to end."""

from collections.abc import Callable

import pandas as pd
import pytest
from playwright.sync_api import expect

SHOWN = ".plmscope-page:visible"


@pytest.fixture(scope="module")
def server(start_server: Callable, measured_root):
    return start_server(measured_root)


@pytest.fixture(scope="module")
def proteins(measured_root):
    return pd.read_parquet(measured_root / "03_primary/proteins.parquet")


@pytest.fixture
def visit(server, open_page, made_plants):
    """Of a run in whose table, and structures, names would run code."""
    visit = open_page(server.url)
    yield visit
    assert visit.errors == []
    assert made_plants.ran_in(visit.page) == []
    visit.close()


def _go(page, name):
    page.get_by_role("tab", name=name, exact=True).click()


def test_what_is_in_my_sequence(visit, proteins):
    """Paste it, see what stands out, open the most unusual feature, come back."""
    page = visit.page
    sequence = proteins.loc[proteins["length"].idxmin(), "sequence"][2:]
    _go(page, "Protein")
    page.locator(f"{SHOWN} textarea").fill(f">mine\n{sequence}")
    page.get_by_role("button", name="Explain").click()
    expect(page.locator(SHOWN)).to_contain_text("Download: calls")
    with page.expect_download() as download:
        page.get_by_role("link", name="features").click()
    found = pd.read_csv(download.value.path())
    button = page.locator(f"{SHOWN} .plmscope-links button").first
    expect(button).to_contain_text(f"f/{found['feature'].iloc[0]}")
    button.click()
    expect(page.locator(f"{SHOWN} h2").first).to_contain_text(f"f/{found['feature'].iloc[0]}")
    page.go_back()
    expect(page.locator(SHOWN)).to_contain_text("Download: calls")


def test_features_of_a_kind_of_protein_with_their_logos_exported(visit, proteins):
    """By protein name, by concept and by motif; the table as a file."""
    page = visit.page
    _go(page, "Find")
    word = proteins["protein_name"].str.split().str[0].value_counts().index[0]
    page.get_by_placeholder("P04637, TP53, zinc finger").fill(word)
    page.keyboard.press("Enter")
    expect(page.locator(SHOWN)).to_contain_text("proteins; examples of")
    with page.expect_download() as download:
        page.locator(f"{SHOWN} button", has_text="CSV").click()
    exported = pd.read_csv(download.value.path())
    assert exported["Found"].str.contains(", peak ").all()
    page.get_by_placeholder("C-x(2,4)-C").fill("[LIVM]-x(2)-[LIVM]")
    page.keyboard.press("Enter")
    expect(page.locator(SHOWN)).to_contain_text("The pattern is in windows of")
    page.locator(f"{SHOWN} tbody tr").first.click()
    expect(page.locator(f"{SHOWN} svg.logo")).to_be_visible()


def test_which_proteins_lack_an_annotation_of_transmembrane_helices(
    start_server: Callable, data_root, open_page
):
    """Choose the concept; the file has its rows alone, without those that are explained."""
    visit = open_page(f"{start_server(data_root).url}/?view=missing")
    page = visit.page
    chosen = page.locator(f"{SHOWN} select")
    expect(chosen).to_be_visible()
    chosen.select_option("Transmembrane: Helical")
    rows = page.locator(f"{SHOWN} tbody tr")
    expect(rows).to_have_count(2)
    with page.expect_download() as download:
        page.locator(f"{SHOWN} button", has_text="CSV").click()
    exported = pd.read_csv(download.value.path())
    assert exported["Concept"].tolist() == ["Transmembrane: Helical"] * 2
    assert exported["Protein"].tolist() == ["P00000", "P00001"]
    rows.first.click()
    expect(page.get_by_role("link", name="P00000 at UniProt")).to_be_visible()
    page.get_by_role("button", name="Open P00000").click()
    expect(page.locator(SHOWN)).to_contain_text("This run has no atlas")
    assert visit.errors == []
    visit.close()
