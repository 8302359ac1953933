"""A whole run on the tiny sample, then questions to it through every door."""

import pandas as pd
import pytest
from kedro.io import DatasetError

import plmscope
from plmscope.disk.versions import newest
from plmscope.errors import PlmscopeError
from plmscope.plms import load_plm


@pytest.fixture(scope="module")
def root(short_job):
    return short_job("explain")


@pytest.fixture(scope="module")
def reports(root):
    return root / "08_reporting/tiny/layer_2/default"


@pytest.fixture(scope="module")
def fasta(root, made_plants):
    proteins = pd.read_parquet(root / "03_primary/proteins.parquet").head(5)
    path = root / "my.fasta"
    names = [*made_plants.TEXTS[:4], "../../outside"]
    rows = zip(names, proteins["sequence"], strict=True)
    path.write_text("".join(f">{name}\n{sequence[3:]}\n" for name, sequence in rows))
    return path


def tables_of(folder):
    return {path.stem: pd.read_parquet(path) for path in sorted(folder.glob("*.parquet"))}


class TestExplain:
    def test_is_the_same_through_every_door(self, kedro_run, root, reports, fasta, project):
        kedro_run(root, ["explain"], query=str(fasta))
        by_kedro = tables_of(newest(reports / "explanation"))
        plm = load_plm(str(project / "tests/data/tiny_plm"))
        found = plmscope.explain(fasta, reports / "atlas", plm)
        found.save(root / "out")
        by_function = tables_of(root / "out")
        assert set(by_kedro) == set(by_function)
        for name, table in by_kedro.items():
            pd.testing.assert_frame_equal(table, by_function[name], atol=1e-5)
        page = (newest(reports / "explanation") / "explanation.html").read_text()
        assert page == (root / "out" / "explanation.html").read_text()

    def test_names_of_sequences_stay_text(self, root, made_plants, browser):
        folder = root / "out"
        page = browser.new_page()
        page.goto((folder / "explanation.html").as_uri())
        assert made_plants.IMAGE.split()[0] in page.inner_text("body")
        assert made_plants.ran_in(page) == []
        page.close()
        names = pd.read_csv(folder / "proteins.csv")["protein"].tolist()
        assert f"'{made_plants.FORMULA.split()[0]}" in {name.split("_")[0] for name in names}
        for path in folder.glob("*.csv"):
            assert made_plants.formulas_in(path) == []
        assert not (root.parent / "outside").exists()

    def test_finds_the_runs_own_proteins(self, kedro_run, root, reports):
        proteins = pd.read_parquet(root / "03_primary/proteins.parquet")
        accession = proteins.loc[proteins["split"] == "test", "accession"].iloc[0]
        kedro_run(root, ["explain"], query=accession)
        [about] = tables_of(newest(reports / "explanation"))["proteins"].to_dict("records")
        assert (about["accession"], about["split"]) == (accession, "test")

    @pytest.mark.parametrize(
        ("given", "why"),
        [
            ({}, "Nothing is asked"),
            ({"query": "nowhere.fasta"}, "does not exist"),
            ({"query": "MKTAYIAK", "atlas": "no/such/atlas"}, "no such folder"),
        ],
    )
    def test_says_what_is_wrong(self, kedro_run, root, given, why):
        with pytest.raises((PlmscopeError, DatasetError), match=why):
            kedro_run(root, ["explain"], **given)

    def test_refuses_an_atlas_of_another_layer(self, kedro_run, root, reports):
        with pytest.raises(DatasetError, match="is about layer 2, the run about layer 1"):
            kedro_run(root, ["explain"], query="MKTAYIAK", atlas=str(reports / "atlas"), layer=1)


class TestFeatureTable:
    def test_is_that_of_the_atlas_and_of_the_sae(self, root, reports):
        table = plmscope.load_feature_table(reports / "feature_table.parquet")
        again = plmscope.load_feature_table(reports / "atlas")
        pd.testing.assert_frame_equal(
            table.drop(columns=["histogram", "peaks"]), again.drop(columns=["histogram", "peaks"])
        )
        csv = pd.read_csv(newest(reports / "feature_table.csv"))
        assert list(csv) == list(table)
        assert len(csv) == len(table)
        from plmscope.saes import load_sae

        sae = load_sae(root / "06_models/tiny/layer_2/default/sae")
        assert len(plmscope.load_feature_table(reports / "feature_table.parquet", sae)) == sae.d_sae

    def test_background_is_the_obvious_one(self, root, reports):
        from plmscope.activations import ActivationStore
        from plmscope.saes import load_sae

        store = ActivationStore.open_current(root / "04_feature/tiny/activations", 2)
        sae = load_sae(root / "06_models/tiny/layer_2/default/sae")
        peaks = pd.DataFrame(
            [sae.encode(store.protein(name)).amax(0).numpy() for name in store.accessions]
        )
        table = plmscope.load_feature_table(reports / "atlas")
        for level in (50, 90, 99):
            upper = peaks.quantile(level / 100, interpolation="higher").clip(upper=1.0)
            lower = peaks.quantile(level / 100, interpolation="lower").clip(upper=1.0)
            found = table[f"peak_q{level}"]
            assert (found >= lower - 0.011).all()
            assert (found <= upper + 0.011).all()


class TestCheck:
    def test_writes_calibration_and_both_comparisons(self, kedro_run, root, reports):
        kedro_run(root, ["explain_check"])
        calls = pd.read_parquet(newest(reports / "test_calls.parquet"))
        by_bin = pd.read_parquet(newest(reports / "call_calibration.parquet"))
        assert by_bin["n_calls"].sum() == len(calls)
        proteins = pd.read_parquet(root / "03_primary/proteins.parquet")
        random = pd.read_parquet(root / "03_primary/random_split_proteins.parquet")
        assert proteins.drop(columns="split").equals(random.drop(columns="split"))
        assert not proteins["split"].equals(random["split"])
        assert random["split"].value_counts().drop("train").min() > 0
        for name in ("copying_report", "random_split_copying_report"):
            report = pd.read_parquet(newest(reports / f"{name}.parquet"))
            assert (report["n_true"] <= report["n_calls"]).all()
            parts = report[report["proteins"] != "all"].groupby(["concept", "method"])
            whole = report[report["proteins"] == "all"].set_index(["concept", "method"])
            for column in ("n_calls", "n_true", "n_instances", "n_found"):
                assert (parts[column].sum() == whole[column].sort_index()).all()
