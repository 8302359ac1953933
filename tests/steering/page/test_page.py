"""The page of steering."""

import pytest

from plmscope.steering import SteeredFeature, SteeringSettings, dose_response, render_steering

SEQUENCE = "ACDEFGHIKLWNPQCSTV"
ABOUT = SteeredFeature("P<1>", "Binding site: <any>", "It fires & so on.", "toy", 1)


@pytest.fixture(scope="module")
def made(made_plm):
    def make(**settings):
        chosen = SteeringSettings(feature=0, n_controls=1, doses=(0, 1, 2), **settings)
        responses = dose_response(made_plm.ToyPLM(), made_plm.toy_sae(), SEQUENCE, chosen)
        return render_steering(responses, ABOUT, chosen)

    return make


class TestPage:
    def test_says_what_was_edited_and_what_moved(self, made):
        page = made(positions="2-3 7")
        assert "edited at 2–3, 7." in page
        table = page[page.index("What moved most") :]
        assert table.index("<td>C2</td>") < table.index("<td>F5</td>")
        assert "<td>C to " in table

    def test_everything_is_escaped(self, made):
        page = made(positions="2")
        assert "P&lt;1&gt;, steered by f/0: Binding site: &lt;any&gt;" in page
        assert "It fires &amp; so on." in page
        assert "P<1>" not in page

    def test_keeps_nobody_out(self, made, browser, barriers, tmp_path):
        path = tmp_path / "steering.html"
        path.write_text(made())
        page = browser.new_page()
        page.goto(path.as_uri())
        page.wait_for_selector("#chart-sequence .scatterlayer")
        assert barriers(page) == []
        page.close()

    @pytest.mark.parametrize("width", [1280, 390])
    def test_opens_offline_and_fits(self, made, browser, tmp_path, width):
        path = tmp_path / "steering.html"
        path.write_text(made())
        page = browser.new_page(viewport={"width": width, "height": 800})
        asked, errors = [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(path.as_uri())
        page.wait_for_selector("#chart-sequence .scatterlayer")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert asked == [path.as_uri()]
        assert errors == []
        page.close()
