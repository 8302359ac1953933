"""What is refused before anything runs, and how a trial's settings are put together."""

import optuna
import pytest
from pydantic import ValidationError

from plmscope.training import TrainingSettings
from plmscope.training.search.settings import SearchSettings
from plmscope.training.search.space import apply_values, shorten, suggest, values_of

FROM_0_TO_1 = {"low": 0.0, "high": 1.0}


class TestRefused:
    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"shared": {"kk": {"choices": [1]}}}, "shared.kk: topk has no such setting"),
            ({"shared": {"n_steps": {"choices": [1]}}}, "shared.n_steps: topk has no such"),
            ({"shared": {"d_model": {"choices": [1]}}}, "shared.d_model: topk has no such"),
            ({"architectures": {"relu": {"k": {"choices": [4]}}}}, "architectures.relu.k: relu"),
            ({"architectures": {"topk": {"k": {"choices": [4, 0]}}}}, "greater than 0"),
            ({"architectures": {"topk": {"k": {"choices": [4.5]}}}}, "valid integer"),
            ({"architectures": {"softmax": {}}}, "unknown SAE architecture 'softmax'"),
            ({"architectures": {}}, "at least 1 item"),
            ({"shared": {"warmup_fraction": FROM_0_TO_1}}, "less than 1"),
            ({"shared": {"learning_rate": FROM_0_TO_1 | {"log": True}}}, "begins above 0"),
            ({"shared": {"learning_rate": {"low": 2, "high": 1}}}, "less than high"),
            ({"shared": {"learning_rate": {"choices": []}}}, "at least 1 item"),
            ({"shared": {"k": {"choices": [4]}}}, "k is in both shared and architectures.topk"),
            ({"objectives": ["l0"]}, "give one of"),
            ({"objectives": []}, "give one of"),
            ({"objectives": ["l0", "fvu_at_l0"]}, "or several of"),
            ({"objectives": ["l0", "l0"]}, "twice"),
            ({"choice": {"rule": "best_within_l0", "by": "concept_f1"}}, "needs concept_f1"),
            ({"choice": {"rule": "prettiest"}}, "best_within_l0"),
            ({"halving_factor": 1}, "greater than or equal to 2"),
            ({"n_trails": 3}, "n_trails"),
        ],
    )
    def test_with_the_key_named(self, make_settings, changes, message):
        with pytest.raises(ValidationError, match=message):
            make_settings(**changes)


class TestSuggest:
    @pytest.fixture
    def drawn(self, make_settings):
        """Parameters and distributions of 40 random trials."""
        study = optuna.create_study(sampler=optuna.samplers.RandomSampler(0))
        trials = [study.ask() for _ in range(40)]
        for trial in trials:
            suggest(trial, make_settings(shared={"learning_rate": {"low": 1, "high": 2}}))
        return trials

    def test_the_first_trial_is_the_configured_settings(self, drawn, configured):
        assert drawn[0].params == {}
        assert apply_values({}, configured) == configured

    def test_an_architecture_gets_its_own_settings_only(self, drawn):
        names = {
            "topk": {"architecture", "learning_rate", "topk.k"},
            "relu": {"architecture", "learning_rate", "relu.l1_coefficient"},
        }
        assert {trial.params["architecture"] for trial in drawn[1:]} == set(names)
        for trial in drawn[1:]:
            assert set(trial.params) == names[trial.params["architecture"]]

    def test_whole_numbers_are_drawn_for_whole_numbers_only(self, drawn):
        ks = [trial.params["topk.k"] for trial in drawn if "topk.k" in trial.params]
        assert all(isinstance(k, int) and 2 <= k <= 16 for k in ks)
        rates = [trial.params["learning_rate"] for trial in drawn[1:]]
        assert len({rate % 1 for rate in rates}) > 10  # though its bounds were given as 1 and 2


class TestApply:
    def test_values_take_the_place_of_the_configured(self, configured):
        run = apply_values(values_of({"topk.k": 7, "learning_rate": 0.5}), configured)
        assert (run.sae.k, run.sae.d_sae, run.training.learning_rate) == (7, 32, 0.5)
        assert run.training.batch_size == configured.training.batch_size

    def test_another_architecture_leaves_foreign_settings_behind(self, configured):
        run = apply_values({"architecture": "relu", "l1_coefficient": 0.3}, configured)
        assert run.sae.architecture == "relu"
        assert not hasattr(run.sae, "k")
        assert run.objective.l1_coefficient == 0.3

    def test_values_that_do_not_go_together_are_refused(self, configured):
        with pytest.raises(ValueError, match="k = 40 is more than d_sae = 32"):
            apply_values({"k": 40}, configured)


class TestShorten:
    def test_times_and_memories_keep_their_fraction_of_the_run(self, configured):
        own = {"threshold_start_fraction": 0.2, "threshold_momentum": 0.99}
        training = configured.training.model_copy(update={"objective": own})
        short = shorten(configured.model_copy(update={"training": training}), n_residues=50 * 64)
        assert short.training.n_steps == 50
        assert short.objective.threshold_start_fraction == 0.2
        assert short.objective.threshold_momentum == pytest.approx(0.9)

    def test_steps_that_a_preset_has_fixed_become_fewer(self, configured):
        training = TrainingSettings(preset="interplm", n_steps=50_000, batch_size=64)
        short = shorten(configured.model_copy(update={"training": training}), n_residues=500 * 64)
        assert short.objective.threshold_start_fraction.steps == 10

    def test_what_is_off_stays_off(self, configured):
        relu = apply_values({"architecture": "relu"}, configured)
        assert shorten(relu, 640).objective.resample_every_fraction is None


class TestKedro:
    def test_builds_them_from_yaml_as_base_has_it(self, project):
        import yaml

        parameters = yaml.safe_load((project / "conf/base/parameters_sae_training.yml").read_text())
        assert SearchSettings.model_validate(parameters["search"]).n_trials > 0
