"""Stages run one by one, after something upstream of them has changed."""

import logging
import shutil
from pathlib import Path

import pandas as pd
import pytest
from kedro.io import DatasetError

from plmscope import progress
from plmscope.disk.versions import newest
from plmscope.errors import PlmscopeError
from plmscope.run.checks.lineage import StaleInputError
from plmscope.run.checks.tables import UnusableTableError
from plmscope.run.user_errors import sentence_of


@pytest.fixture(scope="module")
def finished(kedro_run, tmp_path_factory):
    """The root of a finished main job."""
    root = tmp_path_factory.mktemp("finished")
    kedro_run(root)
    return root


@pytest.fixture
def run(kedro_run, finished, tmp_path):
    """Run stages on a copy of the finished main job."""
    root = tmp_path / "data"
    shutil.copytree(finished, root)

    def run(*pipelines, **parameters):
        kedro_run(root, list(pipelines), **parameters)
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

    def test_runs_its_controls_and_statistics_check(self, run):
        assert run("controls", "statistics_check")


class TestProgress:
    def test_says_which_split_is_evaluated(self, run, monkeypatch, caplog):
        """Regression: two bars "Fidelity, masked" in a row."""
        monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.0)
        caplog.set_level(logging.INFO, "plmscope.progress")
        run("sae_training", search={"n_trials": 0})
        for split in ("valid", "test"):
            for task in (
                "Evaluating on {}:",
                "Fidelity on {}, masked:",
                "Fidelity on {}, unmasked:",
            ):
                assert task.format(split) in caplog.text


class TestWhereToLook:
    @pytest.fixture
    def printed(self, run, capsys):
        def printed(*pipelines, **parameters):
            run(*pipelines, **parameters)
            return capsys.readouterr().out

        return printed

    def test_is_said_after_reporting_alone(self, printed, tmp_path):
        """Regression: only the full main job said where its report is."""
        said = printed("feature_reporting")
        assert "Where to look" in said
        assert f"PLMSCOPE_DATA_ROOT={tmp_path / 'data'} make dashboard" in said
        assert "kedro viz run --env test" in said

    def test_is_said_after_the_statistics_check_too(self, printed):
        assert "statistics_check_report.json" in printed("statistics_check")

    def test_is_not_said_where_nothing_was_reported(self, printed):
        assert printed("sae_training") == ""

    def test_repeats_the_globals_that_were_given(self, printed, tmp_path):
        root = tmp_path / "data"
        said = printed("feature_reporting", data_root=str(root), device="cpu")
        assert f"kedro viz run --env test --params data_root={root},device=cpu" in said


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
    @pytest.mark.parametrize("stage", ["concept_analysis", "statistics_check"])
    def test_are_not_tested_with_an_sae_that_saw_their_test_proteins(self, run, refused, stage):
        """Regression: exit 0, half of the test proteins were in the SAE's train split."""
        run("ingestion", splits={"seed": 7})
        message = refused(stage, splits={"seed": 7})
        assert "sae and proteins do not belong together: the train split of proteins" in message
        assert "--pipelines sae_training" in message

    def test_nor_reported(self, run, refused):
        run("ingestion", splits={"seed": 7})
        assert "and proteins do not belong together" in refused("feature_reporting")


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


class TestACutDownTableOfConcepts:
    @pytest.fixture
    def cut(self, run):
        """Keep but the first two of the kept concepts, with pandas and its index."""

        def cut(change=lambda kept: kept.iloc[:2]):
            path = run("ingestion") / "03_primary/concepts.parquet"
            table = pd.read_parquet(path)
            change(table[table["kept"]]).to_parquet(path)
            return path

        return cut

    def test_is_analysed_alone(self, run, cut, caplog):
        """Regression: "609 annotations cannot be placed ... Run ingestion again"."""
        kept = pd.read_parquet(cut())["concept"]
        root = run("concept_analysis", "feature_reporting")
        report = pd.read_parquet(
            newest(root / "08_reporting/tiny/layer_2/default/concept_report.parquet")
        )
        assert 0 < len(report) <= 2
        assert set(report["concept"]) <= set(kept)
        assert "annotations are left out: their" in caplog.text
        assert "concepts.parquet was written by another program" in caplog.text

    @pytest.mark.parametrize("stage", ["feature_reporting", "statistics_check", "controls"])
    def test_does_not_stand_beside_what_was_made_from_the_whole(self, cut, refused, stage):
        cut()
        message = refused(stage)
        assert "rows of concepts" in message
        assert f"--pipelines concept_analysis,{stage}" in message

    def test_is_the_same_table_if_another_program_wrote_it_as_it_was(self, run):
        change_table(run("ingestion"), "concepts", lambda table: table)
        assert run("feature_reporting")

    def test_may_be_empty(self, run, cut):
        cut(lambda kept: kept.iloc[:0])
        root = run("concept_analysis", "feature_reporting")
        (report,) = sorted((root / "08_reporting").rglob("*/report.html"))[-1:]
        assert "None of 0 concepts is kept: no concept was scored." in report.read_text()

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            (
                lambda kept: kept.drop(columns="kept"),
                "there is no column kept; it needs",
            ),
            (lambda kept: kept.assign(kept=1), "concepts.parquet: kept must be true or false"),
        ],
    )
    def test_without_what_is_needed_is_told(self, run, cut, change, said):
        cut(change)
        with pytest.raises(UnusableTableError, match=said) as caught:
            run("concept_analysis")
        assert "Make it again: kedro run --env test --pipelines ingestion" in str(caught.value)


class TestOtherTables:
    def test_without_a_column_are_told(self, run):
        change_table(run("ingestion"), "annotations", lambda table: table.drop(columns="instance"))
        with pytest.raises(UnusableTableError, match="there is no column instance"):
            run("concept_analysis")

    @pytest.mark.parametrize("stage", ["sae_training", "concept_analysis"])
    def test_without_held_out_proteins_are_told_before_anything_is_computed(self, run, stage):
        """Regression: an SAE was trained, then its evaluation divided by nothing."""
        change_table(run("ingestion"), "proteins", lambda table: table.assign(split="train"))
        with pytest.raises(UnusableTableError, match="No protein is in valid or test"):
            run(stage)


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
            ("06_models/**/sae_config.json/*/sae_config.json", "feature_reporting"),
            ("05_model_input/**/sae_search.db", "sae_training"),
            ("08_reporting/**/pair_scores.parquet/*/pair_scores.parquet", "feature_reporting"),
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
