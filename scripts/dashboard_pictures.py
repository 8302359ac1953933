"""Pictures of the dashboard's views, small enough to be committed.

    python scripts/dashboard_pictures.py http://127.0.0.1:8866 --output docs/images

over a dashboard that runs. Needs Chromium.
"""

import argparse
import io
import shutil
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

WIDTH, HEIGHT, N_COLOURS = 1280, 860, 96
VIEWS = {
    "overview": "?view=overview",
    "find": "?view=find",
    "feature": "?view=feature",
    "protein": "?view=protein&protein={protein}",
    "missing": "?view=missing",
    "controls": "?view=controls",
    "search": "?view=search",
}
READY = {
    "overview": ".plmscope-drawing circle",
    "find": ".plmscope-wide tbody tr",
    "feature": "article.plmscope-protein",
    "protein": ".plmscope-tracks svg text",
    "missing": ".plmscope-wide tbody tr",
    "controls": ".plain tbody tr",
    "search": ".js-plotly-plot",
}


def main() -> None:
    """Take them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--protein", default="P00749")
    given = parser.parse_args()
    with sync_playwright() as playwright:
        chromium = shutil.which("chromium") or "/usr/bin/chromium"
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for view, address in VIEWS.items():
            page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
            page.goto(given.url + "/" + address.format(protein=given.protein))
            page.wait_for_selector(f".plmscope-page:visible {READY[view]}", timeout=120_000)
            page.wait_for_timeout(3000)
            picture = Image.open(io.BytesIO(page.screenshot()))
            few = picture.convert("P", palette=Image.Palette.ADAPTIVE, colors=N_COLOURS)
            few.save(given.output / f"dashboard_{view}.png", optimize=True)
            page.close()


if __name__ == "__main__":
    main()
