"""Stages run one by one, after something upstream of them has changed."""

import shutil
from pathlib import Path

import pandas as pd
import pytest
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from kedro.io import DatasetError

from plmscope.errors import PlmscopeError
from plmscope.run.lineage import StaleInputError
from plmscope.run.user_errors import sentence_of


def kedro_run(project, root, pipelines=None, **parameters):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLMSCOPE_TEST_ROOT", str(root))
        bootstrap_project(project)
        with KedroSession.create(project, env="test", runtime_params=parameters) as session:
            session.run(pipeline_names=pipelines)


@pytest.fixture(scope="module")
def finished(project, tmp_path_factory):
    """The root of a finished main job."""
    root = tmp_path_factory.mktemp("finished")
    kedro_run(project, root)
    return root


@pytest.fixture
def run(project, finished, tmp_path):
    """Run stages on a copy of the finished main job."""
    root = tmp_path / "data"
    shutil.copytree(finished, root)

    def run(*pipelines, **parameters):
        kedro_run(project, root, list(pipelines), **parameters)
        return root

    return run


@pytest.fixture
def refused(run):
    """Run a stage that must refuse; its sentence, in which nothing was computed."""

    def refused(*pipelines, **parameters):
        with pytest.raises(StaleInputError) as caught:
            run(*pipelines, **parameters)
        assert sentence_of(caught.value) == str(caught.value)
        return str(caught.value)

    return refused


def change_table(root: Path, name: str, change):
    """Put something else into a table, as another tool would."""
    path = root / "03_primary" / f"{name}.parquet"
    change(pd.read_parquet(path)).to_parquet(path, index=False)


def other_sequence(proteins):
    first = proteins["sequence"].iloc[0]
    letter = "A" if first[0] != "A" else "C"
    return proteins.assign(sequence=[letter + first[1:], *proteins["sequence"].iloc[1:]])


class TestTheSameRun:
    @pytest.mark.parametrize(
        "stage", ["embedding", "sae_training", "concept_analysis", "feature_reporting"]
    )
    def test_goes_on_at_any_stage(self, run, stage):
        assert run(stage)

    def test_goes_on_after_ingestion_gave_the_same(self, run):
        assert run("ingestion", "concept_analysis")

    def test_goes_on_with_other_concepts(self, run):
        """The SAE knows no concepts: those may change without it."""
        fewer = {"min_instances": 4, "min_residues": 4, "min_proteins": 3}
        run("ingestion", concept_choice=fewer)
        assert run("concept_analysis", "feature_reporting")

    def test_runs_its_controls_and_calibration(self, run):
        assert run("controls", "calibration")


class TestOtherSequences:
    @pytest.fixture(autouse=True)
    def _changed(self, run):
        change_table(run("ingestion"), "proteins", other_sequence)

    @pytest.mark.parametrize("stage", ["sae_training", "concept_analysis"])
    def test_are_not_put_over_old_activations(self, refused, stage):
        """Regression: exit 0, with activations of the old sequences under the new labels."""
        message = refused(stage)
        assert (
            "activations and proteins do not belong together: the sequences of proteins" in message
        )
        assert "kedro run --env test --pipelines embedding,sae_training" in message

    def test_nor_in_the_controls(self, refused):
        assert "sequences of proteins" in refused("controls")

    def test_are_embedded_again_as_the_message_says(self, run, refused):
        command = refused("concept_analysis").rpartition("--pipelines ")[2]
        assert command == "embedding,sae_training,concept_analysis"
        assert run(*command.split(","))


class TestOtherSplits:
    @pytest.mark.parametrize("stage", ["concept_analysis", "calibration"])
    def test_are_not_tested_with_an_sae_that_saw_their_test_proteins(self, run, refused, stage):
        """Regression: exit 0, half of the test proteins were in the SAE's train split."""
        run("ingestion", splits={"seed": 7})
        message = refused(stage, splits={"seed": 7})
        assert "sae and proteins do not belong together: the train split of proteins" in message
        assert "--pipelines sae_training" in message

    def test_nor_reported(self, run, refused):
        run("ingestion", splits={"seed": 7})
        assert "sae and proteins" in refused("feature_reporting")


class TestAnotherSAE:
    def test_is_not_reported_with_the_scores_of_the_last_one(self, run, refused):
        run("sae_training", training={"init_seed": 5})
        message = refused("feature_reporting")
        assert "weights of sae" in message
        assert "--pipelines concept_analysis,feature_reporting" in message

    def test_is_reported_after_its_own_analysis(self, run):
        run("sae_training", training={"init_seed": 5})
        assert run("concept_analysis", "feature_reporting")

    def test_does_not_stand_beside_the_controls_of_the_last_one(self, run, refused):
        run("sae_training", training={"init_seed": 5})
        assert "weights of sae" in refused("controls")


class TestOtherAnnotations:
    @pytest.fixture(autouse=True)
    def _changed(self, run):
        change_table(run("ingestion"), "annotations", lambda table: table.iloc[1:])

    def test_need_no_other_sae(self, run):
        assert run("concept_analysis", "feature_reporting")

    def test_are_not_drawn_beside_the_scores_of_the_old_ones(self, refused):
        message = refused("feature_reporting")
        assert "rows of annotations" in message
        assert "--pipelines concept_analysis,feature_reporting" in message


class TestDamage:
    @pytest.mark.parametrize(
        ("pattern", "stage"),
        [
            ("03_primary/proteins.parquet", "embedding"),
            ("04_feature/**/current.json", "sae_training"),
            ("04_feature/**/manifest.json", "sae_training"),
            ("04_feature/**/index.parquet", "concept_analysis"),
            ("04_feature/**/shard-00000.safetensors", "concept_analysis"),
            ("06_models/**/sae/*/sae/sae.safetensors", "concept_analysis"),
            ("06_models/**/sae/*/sae/config.json", "feature_reporting"),
            ("06_models/**/sae_config.json", "feature_reporting"),
            ("05_model_input/**/sae_search.db", "sae_training"),
            ("08_reporting/**/pair_scores.parquet", "feature_reporting"),
        ],
    )
    def test_is_told_with_the_file(self, run, tmp_path, pattern, stage):
        (path,) = (tmp_path / "data").glob(pattern)
        content = bytearray(path.read_bytes())
        middle = len(content) // 2
        content[middle : middle + 64] = bytes(byte ^ 0x55 for byte in content[middle : middle + 64])
        path.write_bytes(content)
        with pytest.raises((PlmscopeError, DatasetError)) as caught:
            run(stage)
        assert path.name in sentence_of(caught.value)
