"""What is known to be wrong before the first node runs is said before it runs."""

import shutil

import pytest
import yaml
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from kedro.validation.exceptions import ParameterValidationError

from plmscope.activations import BatchError, EmbeddingSettings
from plmscope.concepts import (
    ControlSettings,
    CountingSettings,
    PlantingSettings,
    SuggestionSettings,
    UncertaintySettings,
)
from plmscope.errors import PlmscopeError
from plmscope.features import ReportingSettings
from plmscope.plms import PlmError
from plmscope.proteins import HomologySettings, IngestionSettings, SplitSettings
from plmscope.run.checks.before_run import SettingsError
from plmscope.run.user_errors import sentence_of
from plmscope.training import EvaluationSettings, SearchError, SearchSettings, TrainingSettings

NAN, INF = float("nan"), float("inf")


@pytest.fixture
def run(project, tmp_path, monkeypatch):
    """Start `kedro run --env test` with some parameters; nothing may have run when it stops."""

    def run(parameters=None, pipelines=None, **globals_changed):
        conf, root = tmp_path / "conf", tmp_path / "data"
        shutil.copytree(project / "conf", conf)
        given = yaml.safe_load((conf / "test/globals.yml").read_text()) | globals_changed
        (conf / "test/globals.yml").write_text(yaml.safe_dump(given))
        monkeypatch.setenv("PLMSCOPE_TEST_ROOT", str(root))
        bootstrap_project(project)
        with KedroSession.create(
            project, env="test", conf_source=str(conf), runtime_params=parameters
        ) as session:
            try:
                session.run(pipeline_names=pipelines)
            finally:
                assert not root.exists()

    return run


class TestSettingsOfOneGroup:
    """Each by itself is refused by the type of its group, which Kedro checks before any node."""

    @pytest.mark.parametrize(
        ("settings", "wrong"),
        [
            (IngestionSettings, {"seed": -1}),
            (IngestionSettings, {"max_length": 0}),
            (IngestionSettings, {"min_length": 9, "max_length": 8}),
            (HomologySettings, {"min_identity": NAN}),
            (HomologySettings, {"min_coverage": 1.5}),
            (HomologySettings, {"threads": 0}),
            (SplitSettings, {"train": 0.5, "valid": 0.2, "test": 0.2}),
            (SplitSettings, {"train": 0.8, "valid": 0.2, "test": 0.0}),
            (SplitSettings, {"seed": -1}),
            (EmbeddingSettings, {"layers": [-1]}),
            (EmbeddingSettings, {"layers": []}),
            (EmbeddingSettings, {"layers": [2, 2]}),
            (EmbeddingSettings, {"layers": [2], "dtype": "float8"}),
            (TrainingSettings, {"n_steps": 0}),
            (TrainingSettings, {"n_steps": 10, "learning_rate": NAN}),
            (TrainingSettings, {"n_steps": 10, "learning_rate": INF}),
            (TrainingSettings, {"n_steps": 10, "max_gradient_norm": INF}),
            (TrainingSettings, {"n_steps": 10, "memory_budget_gb": NAN}),
            (TrainingSettings, {"n_steps": 10, "data_seed": -1}),
            (TrainingSettings, {"n_steps": 10, "init_seed": -1}),
            (TrainingSettings, {"n_steps": 10, "batch_size": 64, "n_ranks": 3}),
            (EvaluationSettings, {"mask_fraction": NAN}),
            (EvaluationSettings, {"seed": -1}),
            (SearchSettings, {"n_trials": -1}),
            (CountingSettings, {"thresholds": [NAN]}),
            (CountingSettings, {"thresholds": [0.0, NAN, 0.5]}),
            (CountingSettings, {"thresholds": [0.5, 0.1]}),
            (CountingSettings, {"thresholds": [0.0, 1.5]}),
            (CountingSettings, {"thresholds": [-0.1, 0.5]}),
            (UncertaintySettings, {"coverage": NAN}),
            (UncertaintySettings, {"seed": -1}),
            (ControlSettings, {"seed": -1}),
            (SuggestionSettings, {"seed": -1}),
            (SuggestionSettings, {"min_precision": NAN}),
            (PlantingSettings, {"seed": -1}),
            (PlantingSettings, {"planted_fraction": NAN}),
            (ReportingSettings, {"range_edges": [0.0, NAN, 1.0]}),
            (ReportingSettings, {"range_edges": [-0.5, 1.0]}),
            (ReportingSettings, {"seed": -1}),
        ],
    )
    def test_is_refused(self, settings, wrong):
        with pytest.raises(ValueError, match="|".join(wrong) + "|max_length|thresholds|train"):
            settings.model_validate(wrong)

    @pytest.mark.parametrize(
        ("parameters", "sentence"),
        [
            (
                {"uncertainty": {"seed": -1}},
                "uncertainty.seed: Input should be",
            ),
            (
                {"training": {"n_stepz": 3}},
                "training.n_stepz: There is no such setting. Did you mean n_steps?",
            ),
            ({"sae": {"k": 65}}, "sae: k = 65 is more than d_sae = 64"),
            ({"splits": {"train": 0.9}}, "splits: train + valid + test is"),
            ({"search": {"choice": {"max_l0": -1}}}, "search.choice.best_within_l0.max_l0: Input"),
        ],
    )
    def test_before_any_node_and_told_in_a_sentence(self, run, parameters, sentence):
        with pytest.raises(ParameterValidationError) as caught:
            run(parameters)
        told = sentence_of(caught.value)
        assert told.startswith(sentence)
        assert "\n" not in told


class TestSettingsThatDoNotGoTogether:
    @pytest.mark.parametrize(
        ("parameters", "error", "said"),
        [
            ({"embedding": {"layers": [99]}}, SettingsError, "has layers 0 to .* not \\[99\\]"),
            ({"embedding": {"layers": [1]}}, SettingsError, "the run is about layer 2"),
            ({"ingestion": {"max_length": 5000}}, SettingsError, "takes at most"),
            ({"training": {"device": "gpu"}}, PlmError, "gpu"),
            ({"training": {"device": "cuda:17"}}, PlmError, "cuda:17"),
            ({"training": {"memory_budget_gb": 1e-6}}, BatchError, "memory_budget_gb"),
            (
                {"training": {"objective": {"threshold_start_fraction": 1.5}}},
                SettingsError,
                r"training\.objective\.threshold_start_fraction",
            ),
            (
                {"training": {"objective": {"l1_coefficient": 0.1}}},
                SettingsError,
                r"training\.objective\.l1_coefficient: only relu can have it; batch_topk has",
            ),
            (
                {"sae": {"architecture": "pca", "d_sae": 8}},
                SettingsError,
                "pca cannot be trained",
            ),
            (
                {
                    "sae": {"architecture": "jumprelu", "d_sae": 64},
                    "training": {"n_steps": 60, "objective": {"l0_warmup_fraction": 0.99}},
                },
                SettingsError,
                r"training\.objective\.l0_warmup_fraction \(59 steps\)",
            ),
            ({"search": {"choice": {"max_l0": 3}}}, SearchError, "sae.k is 4, above .*max_l0"),
            ({"search": {"residues_per_trial": 10}}, SearchError, "residues_per_trial"),
        ],
    )
    def test_are_told_in_one_sentence_that_names_them(self, run, parameters, error, said):
        with pytest.raises(error, match=said) as caught:
            run(parameters)
        assert "\n" not in str(caught.value)

    def test_wandb_that_is_not_installed(self, run, monkeypatch):
        monkeypatch.setattr("plmscope.run.checks.before_run.find_spec", lambda _: None)
        with pytest.raises(SettingsError, match=r"pip install 'plmscope\[wandb\]'"):
            run({"training": {"wandb_project": "mine"}})

    def test_a_compiler_that_is_not_there(self, run, monkeypatch):
        monkeypatch.setattr("plmscope.run.checks.before_run.shutil.which", lambda _: None)
        with pytest.raises(SettingsError, match="C\\+\\+ compiler"):
            run({"training": {"compile": True}})


class TestWhatIsNotThere:
    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            ({"plm_source": "no/such/plm"}, "no/such/plm"),
            ({"device": "cuda:17"}, "cuda:17"),
            ({"device": "warp"}, "warp"),
            ({"layer": 99}, "layers 0 to"),
            ({"plm_dtype": "fp16"}, "fp16 is none of float32, bfloat16, float16"),
            ({"uniprot_table": "no/such/table.tsv"}, "no/such/table.tsv"),
            ({"corpus_fasta": "no/such/corpus.fasta"}, "no/such/corpus.fasta"),
            ({"uniprot_table": None}, "nothing to read"),
            ({"uniprot_flat": "my.dat"}, "uniprot_table and uniprot_flat are both given"),
        ],
    )
    def test_is_told_before_any_node(self, run, monkeypatch, changed, said):
        monkeypatch.setenv("HF_HUB_OFFLINE", "1")
        with pytest.raises(PlmscopeError, match=said):
            run(**changed)

    @pytest.mark.parametrize(
        ("pipeline", "missing", "maker"),
        [
            ("sae_training", "activations", "embedding"),
            ("concept_analysis", "activations", "embedding"),
            ("feature_reporting", "activations", "embedding"),
        ],
    )
    def test_what_an_earlier_stage_makes_names_the_command(self, run, pipeline, missing, maker):
        command = f"{missing} is not there .* kedro run --env test --pipelines {maker}"
        with pytest.raises(SettingsError, match=command):
            run(pipelines=[pipeline])
