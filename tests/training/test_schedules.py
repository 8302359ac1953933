import pytest
from pydantic import ValidationError

from plmscope.training.schedules import learning_rate, sparsity_factor
from plmscope.training.settings import StepSettings


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
        settings = StepSettings(
            preset="paper", n_steps=100, learning_rate=1.0, warmup_fraction=0.1, resample_every=50
        )
        assert learning_rate(50, settings, 64) == 0
        assert learning_rate(55, settings, 64) == pytest.approx(0.5)


class TestSparsityFactor:
    def test_rises_linearly(self):
        settings = StepSettings(n_steps=100, sparsity_warmup_fraction=0.05)
        assert [sparsity_factor(step, settings) for step in (0, 1, 5, 99)] == [0, 0.2, 1, 1]

    def test_can_be_there_from_the_start(self):
        settings = StepSettings(n_steps=100, sparsity_warmup_fraction=0)
        assert sparsity_factor(0, settings) == 1


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
