import pytest
from pydantic import ValidationError

from plmscope.saes import JumpReLUConfig, parse_sae_config
from plmscope.training import RunSettings, TrainingSettings
from plmscope.training.step.objectives.settings import objective_settings
from plmscope.training.step.schedules import Steps, learning_rate, ramp, steps_of
from plmscope.training.step.settings import StepSettings


class TestLearningRate:
    def test_warms_up_from_zero_and_decays_to_zero(self):
        settings = StepSettings(
            n_steps=100, learning_rate=1.0, warmup_fraction=0.1, decay_fraction=0.2
        )
        rates = [learning_rate(step, settings, 64) for step in range(100)]
        assert rates[:3] == [0.0, 0.1, 0.2]
        assert set(rates[10:80]) == {1.0}
        assert rates[80:83] == pytest.approx([1.0, 0.95, 0.9])
        assert rates[-1] == pytest.approx(0.05)

    def test_default_falls_with_the_root_of_the_width(self):
        settings = StepSettings(n_steps=10, warmup_fraction=0, decay_fraction=0)
        assert learning_rate(5, settings, 2**14) == pytest.approx(2e-4)
        assert learning_rate(5, settings, 2**12) == pytest.approx(4e-4)

    def test_resampling_by_loss_warms_up_again(self):
        settings = StepSettings(preset="paper", n_steps=100, learning_rate=1.0, warmup_fraction=0.1)
        assert learning_rate(50, settings, 64, restart_every=50) == 0
        assert learning_rate(55, settings, 64, restart_every=50) == pytest.approx(0.5)


class TestStepsOfAShare:
    @pytest.mark.parametrize(("share", "n_steps", "steps"), [(0.29, 100, 29), (0.57, 100, 57)])
    def test_none_is_lost_to_rounding(self, share, n_steps, steps):
        """Regression: 100 * 0.29 is 28.999999999999996, which made 28 steps."""
        assert steps_of(share, n_steps) == steps
        settings = StepSettings(
            n_steps=n_steps, learning_rate=1.0, warmup_fraction=share, decay_fraction=0
        )
        assert learning_rate(steps - 1, settings, 64) == pytest.approx((steps - 1) / steps)
        assert learning_rate(steps, settings, 64) == 1.0

    @pytest.mark.parametrize("percent", range(100))
    def test_a_percentage_of_a_hundred_steps_is_itself(self, percent):
        assert steps_of(percent / 100, 100) == percent

    def test_parts_of_a_step_are_dropped(self):
        assert steps_of(0.05, 99) == 4


class TestRamp:
    def test_rises_linearly(self):
        assert [ramp(step, 0.05, 100) for step in (0, 1, 5, 99)] == [0, 0.2, 1, 1]

    def test_can_be_there_from_the_start(self):
        assert ramp(0, 0, 100) == 1

    def test_may_be_given_in_steps_however_long_the_run_is(self):
        assert [ramp(5, Steps(steps=10), n_steps) for n_steps in (10, 1000)] == [0.5, 0.5]


class TestInterPLMPreset:
    """What the trainers of InterPLM v1.0 do when nothing else is said."""

    @pytest.mark.parametrize("n_steps", [100, 101, 50_000])
    def test_decay_begins_at_half_of_the_steps(self, n_steps):
        settings = StepSettings(preset="interplm", n_steps=n_steps, learning_rate=1.0)
        start = n_steps // 2
        assert learning_rate(start - 1, settings, 64) == 1.0
        assert learning_rate(start, settings, 64) == 1.0
        after = (n_steps - start - 1) / (n_steps - start)
        assert learning_rate(start + 1, settings, 64) == pytest.approx(after)

    def test_jumprelu_wants_20_features_and_warms_up_over_2000_steps(self):
        own = objective_settings("jumprelu", StepSettings(preset="interplm", n_steps=50_000))
        assert own.target_l0 == 20
        risen = [ramp(step, own.l0_warmup_fraction, 50_000) for step in (0, 1000, 2000, 9000)]
        assert risen == [0, 0.5, 1, 1]

    def test_relu_still_warms_up_over_a_twentieth(self):
        own = objective_settings("relu", StepSettings(preset="interplm", n_steps=50_000))
        warmup = own.sparsity_warmup_fraction
        assert [ramp(step, warmup, 50_000) for step in (0, 1250, 2500)] == [0, 0.5, 1]

    @pytest.mark.parametrize("n_steps", [50_000, 200_000])
    def test_thresholds_are_tracked_after_1000_steps(self, n_steps):
        own = objective_settings("batch_topk", StepSettings(preset="interplm", n_steps=n_steps))
        assert steps_of(own.threshold_start_fraction, n_steps) == 1000

    def test_without_a_preset_the_defaults_are_our_own(self):
        settings = StepSettings(n_steps=50_000)
        assert settings.decay_fraction == 0.2
        assert objective_settings("jumprelu", settings).target_l0 == 32


class TestRunSettings:
    def test_jumprelu_whose_warm_up_reaches_into_the_decay_is_refused(self):
        """InterPLM asserts the same."""
        training = TrainingSettings(preset="interplm", n_steps=3000)
        with pytest.raises(ValidationError, match=r"l0_warmup_fraction \(2000 steps\) .* \(1500\)"):
            RunSettings(sae=JumpReLUConfig(d_sae=64), training=training)
        topk = parse_sae_config({"architecture": "topk", "d_sae": 64, "k": 4})
        assert RunSettings(sae=topk, training=training)

    @pytest.mark.parametrize("architecture", ["batch_topk", "matryoshka"])
    def test_a_threshold_that_is_never_tracked_is_refused(self, architecture):
        sae = parse_sae_config({"architecture": architecture, "d_sae": 64, "k": 4})
        training = TrainingSettings(n_steps=1000, preset="interplm")
        with pytest.raises(ValidationError, match=r"threshold_start_fraction .1000 steps. is not"):
            RunSettings(sae=sae, training=training)

    @pytest.mark.parametrize("architecture", ["identity", "pca"])
    def test_a_baseline_is_not_trained(self, architecture):
        sae = parse_sae_config({"architecture": architecture, "d_sae": 64})
        with pytest.raises(ValidationError, match=f"{architecture} cannot be trained"):
            RunSettings(sae=sae, training=TrainingSettings(n_steps=1000))

    def test_a_setting_of_another_architecture_is_refused(self):
        """Regression: l1_coefficient for TopK was taken and had no effect."""
        sae = parse_sae_config({"architecture": "topk", "d_sae": 64, "k": 4})
        training = TrainingSettings(n_steps=1000, objective={"l1_coefficient": 0.1})
        told = (
            r"training\.objective\.l1_coefficient: only relu can have it; topk has"
            " auxiliary_coefficient, threshold_momentum, threshold_start_fraction"
        )
        with pytest.raises(ValidationError, match=told):
            RunSettings(sae=sae, training=training)

    def test_of_a_setting_that_none_has_the_nearest_is_named(self):
        training = TrainingSettings(n_steps=1000, objective={"target_10": 20})
        with pytest.raises(ValidationError, match="Did you mean target_l0"):
            RunSettings(sae=JumpReLUConfig(d_sae=64), training=training)

    def test_a_value_that_an_objective_cannot_take_is_named(self):
        training = TrainingSettings(n_steps=1000, objective={"target_l0": -1})
        with pytest.raises(ValidationError, match=r"training\.objective\.target_l0: Input should"):
            RunSettings(sae=JumpReLUConfig(d_sae=64), training=training)

    def test_are_spelt_out_with_every_setting_of_the_objective(self):
        training = TrainingSettings(n_steps=5000, preset="interplm", objective={"bandwidth": 0.1})
        run = RunSettings(sae=JumpReLUConfig(d_sae=64), training=training).spelt_out()
        assert run.training.objective == {
            "target_l0": 20.0,
            "l0_coefficient": 1.0,
            "l0_warmup_fraction": {"steps": 2000},
            "bandwidth": 0.1,
        }
        assert RunSettings.model_validate(run.model_dump(mode="json")) == run

    def test_ranks_must_divide_the_batch(self):
        with pytest.raises(ValidationError, match="n_ranks"):
            TrainingSettings(n_steps=10, batch_size=100, n_ranks=3)


class TestStepSettings:
    def test_paper_has_no_decay_and_no_clipping(self):
        paper = StepSettings(preset="paper", n_steps=10)
        assert (paper.decay_fraction, paper.max_gradient_norm) == (0, None)
        assert StepSettings(n_steps=10).max_gradient_norm == 1.0

    def test_what_is_given_wins_over_the_preset(self):
        assert StepSettings(preset="paper", n_steps=10, decay_fraction=0.1).decay_fraction == 0.1

    def test_overlapping_schedules_are_refused(self):
        with pytest.raises(ValidationError, match="overlap"):
            StepSettings(n_steps=10, warmup_fraction=0.9, decay_fraction=0.2)

    def test_unknown_setting_is_refused(self):
        with pytest.raises(ValidationError, match="l1_coef"):
            StepSettings(n_steps=10, l1_coef=1.0)
