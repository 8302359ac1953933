"""Somebody else's SAE is a run like any other: the trained one, given back as InterPLM's, is it."""

import json

import pandas as pd
import pytest
import torch

from plmscope.dashboard import find_runs
from plmscope.disk.versions import newest
from plmscope.errors import PlmscopeError
from plmscope.run.checks.before_run import SettingsError
from plmscope.saes import is_scaled, load_sae
from plmscope.saes.files.interplm import load_interplm, to_interplm

LAYER = "tiny/layer_2"


@pytest.fixture(scope="module")
def root(short_job):
    """A run of the main job."""
    return short_job("imported")


@pytest.fixture(scope="module")
def given(root, tmp_path_factory):
    """Its SAE as InterPLM's training leaves one: `ae.pt` alone, without the features' maxima."""
    folder = tmp_path_factory.mktemp("given")
    state = to_interplm(load_sae(root / f"06_models/{LAYER}/default/sae"))
    del state["activation_rescale_factor"]
    torch.save(state, folder / "ae.pt")
    return folder


@pytest.fixture(scope="module")
def imported(kedro_run, root, given):
    """The second run, beside the first."""
    stages = ["sae_import", "concept_analysis", "feature_reporting"]
    named = {"sae_name": "given", "sae_architecture": "batch_topk", "sae_source": str(given)}
    kedro_run(root, stages, **named)
    return root


def report_of(root, sae):
    folder = root / f"08_reporting/{LAYER}/{sae}"
    return pd.read_parquet(newest(folder / "concept_report.parquet"))


class TestImport:
    def test_measures_the_maxima_that_are_not_known(self, given, imported):
        raw = load_interplm(given, "batch_topk")
        sae = load_sae(imported / f"06_models/{LAYER}/given/sae")
        assert not is_scaled(raw)
        trained = load_sae(imported / f"06_models/{LAYER}/default/sae")
        torch.testing.assert_close(sae.feature_scale, trained.feature_scale)

    def test_gives_the_concept_report_of_the_trained_one(self, imported):
        columns = ["concept", "feature", "threshold", "test_f1", "test_tp", "q_value"]
        ours, theirs = (report_of(imported, sae)[columns] for sae in ("default", "given"))
        pd.testing.assert_frame_equal(ours, theirs)

    def test_says_where_the_sae_is_from(self, given, imported):
        config = newest(imported / f"06_models/{LAYER}/given/sae_config.json")
        assert json.loads(config.read_text())["reason"] == f"Imported from {given}."
        page = newest(imported / f"08_reporting/{LAYER}/given/report.html").read_text()
        assert f"Imported from {given}." in page
        assert "<title>PLMscope: tiny_plm, layer 2, SAE given</title>" in page

    def test_is_in_the_dashboard_beside_the_trained_one(self, imported):
        assert [run.sae for run in find_runs(imported)] == ["default", "given"]

    def test_has_no_controls_that_train_like_it(self, kedro_run, imported):
        with pytest.raises(SettingsError, match=r"not known\. Imported from .* sae_name"):
            kedro_run(imported, ["controls"], sae_name="given")


class TestRefused:
    def test_of_another_width_before_anything_runs(self, kedro_run, root, tmp_path):
        state = {"bias": torch.zeros(8), "encoder.weight": torch.ones(16, 8)}
        state |= {"encoder.bias": torch.zeros(16), "decoder.weight": torch.ones(8, 16)}
        torch.save(state, tmp_path / "ae.pt")
        with pytest.raises(PlmscopeError, match="d_model"):
            kedro_run(root, ["sae_import"], sae_source=str(tmp_path), sae_name="narrow")

    def test_without_a_source_the_setting_is_named(self, kedro_run, root):
        with pytest.raises(Exception, match="--params sae_source=<folder"):
            kedro_run(root, ["sae_import"], sae_name="nothing")

    @pytest.mark.parametrize("name", ["a/b", "../x", ".hidden", ""])
    def test_a_name_that_is_no_folders_is_refused(self, kedro_run, root, name):
        with pytest.raises(PlmscopeError, match="sae_name is"):
            kedro_run(root, ["concept_analysis"], sae_name=name)


class TestVersions:
    def test_of_two_saes_do_not_go_together(self, kedro_run, root, project):
        """The counts of one version, the SAE of another: told by hash, named by dataset."""
        from kedro.framework.session import KedroSession
        from kedro.framework.startup import bootstrap_project

        sae = root / f"06_models/{LAYER}/default/sae"
        first = newest(sae).parent.name
        kedro_run(root, ["sae_training"], search={"n_trials": 0}, training={"init_seed": 5})
        kedro_run(root, ["concept_analysis"])
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PLMSCOPE_TEST_ROOT", str(root))
            bootstrap_project(project)
            with (
                KedroSession.create(project, env="test") as session,
                pytest.raises(PlmscopeError, match="do not belong together: the weights of sae"),
            ):
                session.run(pipeline_names=["feature_reporting"], load_versions={"sae": first})
