import pickle
import shutil
from pathlib import Path

import pandas as pd
import pytest

from plmscope.dashboard import DashboardData, find_runs
from plmscope.dashboard.data.run import LATER_PATHS, PATHS, SEARCH_PATHS, Run
from plmscope.disk.parquet import write_parquet
from plmscope.errors import DamagedFileError


@pytest.fixture
def data(data_root: Path) -> DashboardData:
    return DashboardData(find_runs(data_root)[0])


class TestFindRuns:
    def test_finds_every_plm_and_layer(self, data_root: Path, tmp_path: Path):
        root = tmp_path / "data"
        shutil.copytree(data_root, root)
        for other in ("tiny/layer_10", "another/layer_3"):
            shutil.copytree(root / "08_reporting/tiny/layer_2", root / "08_reporting" / other)
        assert [str(run) for run in find_runs(root)] == [
            "another, layer 3, default",
            "tiny, layer 2, default",
            "tiny, layer 10, default",
        ]

    def test_two_saes_of_a_layer_stand_side_by_side(self, data_root: Path, tmp_path: Path):
        """Regression: the second SAE of a layer overwrote the first."""
        root = tmp_path / "data"
        shutil.copytree(data_root, root)
        layer = root / "08_reporting/tiny/layer_2"
        shutil.copytree(layer / "default", layer / "wider")
        first, second = find_runs(root)
        assert (first.sae, second.sae) == ("default", "wider")
        assert second.path("pair_scores").parent == layer / "wider"

    def test_leaves_out_a_run_that_is_not_finished(self, data_root: Path, tmp_path: Path):
        """Regression: no table may be needed that nothing writes (docs/faults.md, fault 24)."""
        root = tmp_path / "data"
        shutil.copytree(data_root, root)
        (root / "08_reporting/tiny/layer_2/default/feature_examples.parquet").unlink()
        assert find_runs(root) == []

    def test_needs_no_search(self, data_root: Path, tmp_path: Path):
        root = tmp_path / "data"
        shutil.copytree(data_root, root)
        for name in SEARCH_PATHS:
            path = find_runs(root)[0].path(name)
            shutil.rmtree(path.parents[1]) if name.endswith("_plot") else path.unlink()
        (run,) = find_runs(root)
        assert DashboardData(run).search_trials is None
        assert DashboardData(run).search_plots == {}

    def test_finds_the_runs_of_environments_below(self, data_root: Path, tmp_path: Path):
        """Regression: an environment's data root, as data/esm2_8m, was not searched."""
        root = tmp_path / "data"
        for place in (".", "mine", "project/deep", "07_model_output/mine"):
            shutil.copytree(data_root, root / place, dirs_exist_ok=True)
        runs = find_runs(root)
        assert [str(run) for run in runs] == [
            "tiny, layer 2, default",
            "tiny, layer 2, default (mine)",
            "tiny, layer 2, default (project/deep)",
        ]
        assert runs[1].path("proteins") == root / "mine/03_primary/proteins.parquet"

    def test_names_an_environment_where_it_is_the_only_one(self, data_root: Path, tmp_path: Path):
        shutil.copytree(data_root, tmp_path / "data/mine")
        assert [str(run) for run in find_runs(tmp_path / "data")] == [
            "tiny, layer 2, default (mine)"
        ]
        assert [str(run) for run in find_runs(tmp_path / "data/mine")] == ["tiny, layer 2, default"]

    def test_of_an_empty_folder_is_empty(self, tmp_path: Path):
        assert find_runs(tmp_path) == []


class TestPaths:
    def test_are_those_of_the_catalog(self, project: Path):
        """Regression: the dashboard reads only what a pipeline writes (fault 24)."""
        from kedro.config import OmegaConfigLoader

        loader = OmegaConfigLoader(str(project / "conf"), base_env="base", default_run_env="base")
        catalog, coordinates = loader["catalog"], loader["globals"]
        names = (coordinates[name] for name in ("plm", "layer", "sae_name"))
        run = Run(*names, Path("no data are here"))
        for name in PATHS | SEARCH_PATHS | LATER_PATHS:
            written = catalog[name]["filepath"].removeprefix(coordinates["data_root"])
            assert str(run.path(name)) == f"no data are here{written}"


class TestDashboardData:
    def test_reads_the_rows_of_one_feature(self, data: DashboardData):
        examples = data.examples(7)
        assert set(examples["feature"]) == {7}
        assert len(examples.iloc[0]["positions"]) == 20

    def test_reads_the_proteins_asked_for(self, data: DashboardData):
        wanted = ["P00003", "P00001"]
        assert set(data.proteins(wanted).index) == set(wanted)
        assert set(data.proteins(wanted)["origin"]) == {"annotated"}
        assert set(data.annotations(wanted)["accession"]) == set(wanted)

    def test_lists_each_concept_then_the_other_features_then_amino_acids(self, data: DashboardData):
        pairs = data.concepts
        assert not pairs.duplicated(["concept", "feature"]).any()
        assert pairs["concept"].head(4).is_unique
        is_baseline = pairs["category"] == "Amino acid"
        assert is_baseline.is_monotonic_increasing
        for group in (pairs.head(4), pairs[4:][~is_baseline[4:]], pairs[is_baseline]):
            assert group["test_f1"].is_monotonic_decreasing

    def test_reads_the_newest_version_of_each_plot_of_the_search(self, data: DashboardData):
        titles = {n: plot["layout"]["title"]["text"] for n, plot in data.search_plots.items()}
        assert titles["sae_search_front_plot"] == "front of 2025"
        assert len(titles) == 5

    def test_never_unpickles(self, data_root: Path, tmp_path: Path):
        """Regression: a dashboard cache could run code (docs/faults.md, fault 20)."""
        root = tmp_path / "data"
        shutil.copytree(data_root, root)
        data = DashboardData(find_runs(root)[0])
        ran = tmp_path / "ran"
        data.run.path("feature_statistics").write_bytes(pickle.dumps(_Malice(ran)))
        with pytest.raises(DamagedFileError, match="not a parquet file"):
            _ = data.statistics
        assert not ran.exists()

    def test_refuses_damaged_tables(self, data_root: Path, tmp_path: Path):
        root = tmp_path / "data"
        shutil.copytree(data_root, root)
        run = find_runs(root)[0]
        table = pd.read_parquet(run.path("feature_statistics"))
        write_parquet(table, run.path("feature_statistics"))
        content = bytearray(run.path("feature_statistics").read_bytes())
        content[40] ^= 1
        run.path("feature_statistics").write_bytes(content)
        with pytest.raises(DamagedFileError, match=r"feature_statistics\.parquet is damaged"):
            _ = DashboardData(run).statistics


class _Malice:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


class TestMalice:
    def test_would_have_run(self, tmp_path: Path):
        pickle.loads(pickle.dumps(_Malice(tmp_path / "ran")))
        assert (tmp_path / "ran").exists()
