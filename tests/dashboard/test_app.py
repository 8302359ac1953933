import re
import shutil
import subprocess
import sys
from pathlib import Path

import ipywidgets as widgets
import pandas as pd
import pytest

from plmscope.dashboard import DashboardData, build_app, find_runs, open_app
from plmscope.dashboard.pages.feature import FeaturePage
from plmscope.dashboard.pages.overview import OverviewPage
from plmscope.dashboard.pages.search import SearchPage
from plmscope.dashboard.state import VIEWS, Selection
from plmscope.dashboard.widgets.picker import Picker, first_feature

SEARCH = list(VIEWS).index("search")


@pytest.fixture
def selection(data_root: Path) -> Selection:
    data = DashboardData(find_runs(data_root)[0])
    return Selection(data=data, feature=first_feature(data))


def texts(widget: widgets.Widget) -> str:
    """All HTML under a widget."""
    children = getattr(widget, "children", ())
    own = widget.value if isinstance(widget, widgets.HTML) else ""
    return own + "".join(texts(child) for child in children)


class TestBuildApp:
    def test_says_what_to_run_where_nothing_has_been_reported(self, tmp_path: Path):
        page = texts(build_app(tmp_path))
        assert "make run" in page
        assert f"No reported features were found under <code>{tmp_path}</code>" in page

    def test_says_that_a_folder_is_missing_by_its_whole_path(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.chdir(tmp_path)
        page = texts(build_app(Path("nowhere")))
        assert f"There is no folder <code>{tmp_path}/nowhere</code>" in page

    def test_shows_a_path_as_it_is(self, tmp_path: Path):
        root = tmp_path / "<b>data"
        assert f"<code>{tmp_path}/&lt;b&gt;data</code>" in texts(build_app(root))

    def test_finds_the_data_root_in_the_environment(
        self, data_root: Path, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setenv("PLMSCOPE_DATA_ROOT", str(data_root))
        assert "plmscope-protein" in texts(build_app())

    def test_loads_no_model(self, data_root: Path):
        """Regression: the PLM was reloaded at every click (docs/faults.md, fault 22)."""
        script = (
            "import sys; from pathlib import Path; from plmscope.dashboard import build_app;"
            f"app = build_app(Path({str(data_root)!r}));"
            "tabs = app.children[-1].children[-1].children[0].children[-1];"
            "tabs.selected_index = 6; assert tabs.children[6].children;"
            "assert not {'torch', 'transformers', 'kedro', 'plotly'} & set(sys.modules)"
        )
        subprocess.run([sys.executable, "-c", script], check=True)

    def test_fills_the_search_tab_when_it_is_opened(self, data_root: Path):
        tabs = tabs_of(build_app(data_root))
        page = tabs.children[SEARCH]
        tabs.selected_index = 1
        assert page.children == ()
        tabs.selected_index = SEARCH
        assert "trial 2, chosen" in texts(page)

    def test_the_open_search_tab_follows_the_run(self, data_root: Path, tmp_path: Path):
        root = tmp_path / "data"
        shutil.copytree(data_root, root)
        reports = root / "08_reporting"
        shutil.copytree(reports / "tiny/layer_2", reports / "tiny/layer_3")  # without a search
        app = build_app(root)
        picker, tabs = app.children[-1].children[-1].children[0].children
        run = next(widget for widget in picker.children if isinstance(widget, widgets.Dropdown))
        tabs.selected_index = SEARCH
        run.index = 1
        assert tabs.selected_index == SEARCH
        assert "No search was recorded" in texts(tabs)
        run.index = 0
        assert "trial 2, chosen" in texts(tabs)


class TestOpenApp:
    def test_shows_what_there_is_when_a_browser_opens_it(self, data_root: Path, tmp_path: Path):
        """Regression: a kernel that was kept ready showed what there was when it started."""
        page = open_app(tmp_path / "data")
        assert texts(page) == ""
        shutil.copytree(data_root, tmp_path / "data")
        page.children[0].opened = True
        assert "plmscope-protein" in texts(page)

    def test_says_what_is_wrong_with_a_table(self, data_root: Path, tmp_path: Path):
        shutil.copytree(data_root, tmp_path / "data")
        path = find_runs(tmp_path / "data")[0].path("pair_scores")
        path.write_bytes(b"<cut")
        page = open_app(tmp_path / "data")
        page.children[0].opened = True
        assert "The dashboard cannot be opened" in texts(page)
        assert "pair_scores.parquet" in texts(page)


def tabs_of(app: widgets.Widget) -> widgets.Tab:
    return app.children[-1].children[-1].children[0].children[-1]


def shown_feature(selection: Selection) -> FeaturePage:
    page = FeaturePage(selection)
    page.show()
    return page


class TestPicker:
    def test_a_number_a_click_and_chance_choose_a_feature(self, selection: Selection):
        picker = Picker([selection.data.run], selection)
        picker.number.value = 5
        assert selection.feature == 5
        picker.concepts.clicked = [9, 1]
        assert selection.feature == picker.number.value == picker.concepts.selected == 9
        picker.chance.click()
        assert selection.feature in set(selection.data.named_features["feature"]) - {9}

    def test_lists_concepts_with_their_features(self, selection: Selection):
        rows = Picker([selection.data.run], selection).concepts.rows
        assert rows[0].keys() == {"feature", "concept", "test_f1", "test_f1_per_residue"}
        assert {row["concept"] for row in rows} >= {"Helix", "Signal peptide"}

    def test_opens_the_best_on_valid_that_an_annotated_concept_names(self, selection: Selection):
        """Regression: the first feature shown was the one that happened to be best on test."""
        named = selection.data.named_features
        annotated = named[named["category"] != "Amino acid"]
        assert named["category"].eq("Amino acid").any()
        best = annotated.loc[annotated["valid_f1"].idxmax(), "feature"]
        assert first_feature(selection.data) == best

    def test_opens_the_most_widely_active_feature_where_none_is_named(self, selection: Selection):
        data = selection.data
        data.__dict__["named_features"] = data.named_features.head(0)
        widest = data.statistics["n_proteins_active"].idxmax()
        assert first_feature(data) == widest

    def test_a_run_brings_its_own_tables(
        self, selection: Selection, data_root: Path, tmp_path: Path
    ):
        small = _copy_with_features(data_root, tmp_path / "data", n_features=9)
        runs = [selection.data.run, *find_runs(small)]
        picker = Picker(runs, selection)
        for feature, index in ((38, 1), (3, 0)):
            selection.feature = feature
            picker.run.index = index
            assert selection.data.run == runs[index]
            assert selection.feature == picker.number.value == first_feature(selection.data)


def _copy_with_features(data_root: Path, root: Path, n_features: int) -> Path:
    """The same run, of a narrower SAE."""
    shutil.copytree(data_root, root)
    for name in ("feature_statistics", "pair_scores", "concept_report"):
        path = find_runs(root)[0].path(name)
        table = pd.read_parquet(path)
        table[table["feature"] < n_features].to_parquet(path)
    return root


class TestFeaturePage:
    def test_shows_statistics_concepts_and_proteins(self, selection: Selection):
        page = FeaturePage(selection)
        selection.feature = 7
        page.show()
        shown = texts(page.widget)
        assert "f/7" in shown
        assert "Domain: &lt;b&gt;SH3&lt;/b&gt;" in shown
        assert "<img" not in shown
        best = selection.data.pairs_of(7).iloc[0]
        f1 = rf"<b>{best['test_f1']:.2f}</b></td>\s*<td>{best['test_f1_per_residue']:.2f}</td>"
        assert re.search(f1, shown)
        assert shown.count("<article") == 5
        assert f": {selection.data.statistic(7)['histogram'][0]:,} residues<" in shown

    def test_says_what_the_feature_is(self, selection: Selection):
        """Regression: the page had nothing for a feature without a name."""
        page = shown_feature(selection)
        assert "On &lt;i&gt; and off." in texts(page.widget)

    def test_of_a_run_without_descriptions_shows_the_rest(self, data_root: Path, tmp_path: Path):
        shutil.copytree(data_root, tmp_path / "data")
        data = DashboardData(find_runs(tmp_path / "data")[0])
        data.run.path("feature_table").unlink()
        shown = texts(shown_feature(Selection(data=data, feature=7)).widget)
        assert "f/7" in shown
        assert "plmscope-description" not in shown

    def test_ranges_and_number_choose_the_proteins(self, selection: Selection):
        page = shown_feature(selection)
        page.n_proteins.value = 1
        assert page.proteins.value.count("<article") == 1
        page.n_proteins.value = 50
        assert page.proteins.value.count("<article") == 6
        assert "No more than 6 are kept" in page.proteins.value
        page.range.label = "0 – 0.2"
        assert "peak 0.20" in page.proteins.value
        selection.feature = 8
        page.show()
        assert page.range.label == "Top"
        assert "peak 1.00" in page.proteins.value

    def test_of_a_feature_that_never_fires_says_so(self, selection: Selection):
        page = FeaturePage(selection)
        selection.feature = 0
        page.show()
        assert "never active" in texts(page.widget)
        assert "<article" not in texts(page.widget)

    def test_says_what_to_run_if_the_proteins_were_ingested_anew(
        self, data_root: Path, tmp_path: Path
    ):
        root = tmp_path / "data"
        shutil.copytree(data_root, root)
        data = DashboardData(find_runs(root)[0])
        path = data.run.path("proteins")
        pd.read_parquet(path).head(1).to_parquet(path)
        page = shown_feature(Selection(data=data, feature=7))
        assert "ingested anew after the examples were chosen. Run: kedro run" in texts(page.widget)

    def test_links_to_uniprot_only_as_plain_links(self, selection: Selection):
        shown = texts(shown_feature(selection).widget)
        assert 'href="https://www.uniprot.org/uniprotkb/P000' in shown
        assert not re.search(r"<[^>]*\bsrc=", shown)
        assert "@import" not in shown


class TestOverview:
    def test_a_click_opens_the_feature(self, selection: Selection):
        page = OverviewPage(selection)
        page.show()
        page.drawing.clicked = [12, 1]
        assert (selection.feature, selection.view) == (12, "feature")

    def test_the_measure_changes_the_drawing(self, selection: Selection):
        page = OverviewPage(selection)
        page.measure.index = 2
        before = page.drawing.svg
        page.measure.index = 3
        assert page.drawing.svg != before
        assert "mean activation" in page.drawing.svg

    def test_the_feature_on_screen_is_marked(self, selection: Selection):
        page = OverviewPage(selection)
        page.measure.index = 2
        assert page.drawing.svg.count("class='chosen'") == 1

    def test_what_a_run_lacks_is_told_with_its_command(self, selection: Selection):
        page = OverviewPage(selection)
        page.measure.index = 1
        assert "kedro run --pipelines structures" in page.drawing.svg


class TestSearchPage:
    def test_shows_the_choice_the_trials_and_every_plot(self, selection: Selection):
        page = SearchPage(selection)
        page.show()
        shown = texts(page.widget)
        assert "Lowest fvu of the 2 complete trials" in shown
        assert "failed: fvu is &lt;nan&gt;" in shown
        outputs = [child.outputs for child in page.widget.children if hasattr(child, "outputs")]
        figures = [output["data"]["application/vnd.plotly.v1+json"] for (output,) in outputs]
        assert [figure["layout"]["title"]["text"] for figure in figures] == [
            f"{plot} of 2025" for plot in ("history", "front", "importances", "slices", "parallel")
        ]

    def test_says_in_a_sentence_that_there_was_no_search(self, data_root: Path, tmp_path: Path):
        root = tmp_path / "data"
        shutil.copytree(data_root, root)
        data = DashboardData(find_runs(root)[0])
        path = data.run.path("sae_search_trials")
        pd.read_parquet(path).head(0).to_parquet(path)
        page = SearchPage(Selection(data=data))
        page.show()
        assert "No search was made" in texts(page.widget)
        assert len(page.widget.children) == 2
