import numpy as np
import pytest
import torch
from pydantic import ValidationError

import plmscope
from plmscope.plms import PlmError, load_plm
from plmscope.saes import Provenance, make_sae
from plmscope.steering import (
    SteeringError,
    SteeringSettings,
    ablate,
    clamp,
    dose_response,
    scale,
)
from plmscope.steering.edits import steering_delta

SEQUENCE = "ACDEFGHIKLWNPQCSTV"
NEAR = range(8, 15)  # the 1-based residues within 3 of the W


@pytest.fixture(scope="module")
def toy(made_plm):
    return made_plm.ToyPLM()


@pytest.fixture(scope="module")
def sae(made_plm):
    return made_plm.toy_sae()


class TestSteer:
    def test_the_used_direction_moves_the_prediction_and_the_other_does_not(self, toy, sae):
        used = plmscope.steer(toy, sae, SEQUENCE, [ablate(0)])
        unused = plmscope.steer(toy, sae, SEQUENCE, [ablate(1)])
        near = np.isin(np.arange(1, len(SEQUENCE) + 1), NEAR)
        # The W itself is masked when it is predicted, and with it goes what its neighbours see.
        near[SEQUENCE.index("W")] = False
        assert (used.change[near] > 0.1).all()
        assert np.abs(used.change[~near]).max() < 1e-6
        assert np.abs(unused.change).max() < 1e-6

    def test_only_the_named_positions_are_edited(self, toy, sae):
        steered = plmscope.steer(toy, sae, SEQUENCE, [clamp(0, 1.0, positions=[2, 5])])
        assert set(np.flatnonzero(np.abs(steered.change) > 1e-6) + 1) == {2, 5}

    def test_a_clamp_is_a_fraction_of_the_maximum_and_a_scale_a_factor(self, made_plm, sae):
        x = made_plm.activations(SEQUENCE)
        n = len(SEQUENCE)
        on = x[:, 0] > 0
        clamped = steering_delta(x, [clamp(0, 0.5)], sae, n)[:, 0] + x[:, 0]
        scaled = steering_delta(x, [scale(0, 3.0)], sae, n)[:, 0] + x[:, 0]
        torch.testing.assert_close(clamped, torch.full((n,), float(sae.feature_scale[0]) / 2))
        torch.testing.assert_close(scaled, torch.where(on, 3.0, 0.0))

    def test_a_feature_can_be_set_where_none_is_active(self, sae):
        """Regression: the clamp was lost on residues without any active feature."""
        x = torch.full((2, 8), -1.0)
        assert sae.encode_sparse(x).values.abs().sum() == 0
        delta = steering_delta(x, [clamp(0, 1.0)], sae, 2)
        assert (delta[:, 0] > 0.5).all()

    def test_the_error_stays_as_it_was(self, sae):
        """Regression, fault 16: replaced by its reconstruction, a residue loses what it does not
        explain."""
        x = torch.randn(6, 8, generator=torch.Generator().manual_seed(0))
        error = x - sae.decode_sparse(sae.encode_sparse(x))
        delta = steering_delta(x, [clamp(0, 0.7)], sae, 6)
        changed = sae.encode(x)
        changed[:, 0] = 0.7
        torch.testing.assert_close(x + delta, sae.decode(changed) + error)

    @pytest.mark.parametrize("architecture", ["relu", "topk", "batch_topk", "jumprelu"])
    def test_without_an_edit_the_logits_stay_as_they_are(self, project, architecture):
        plm = load_plm(str(project / "tests/data/tiny_plm"))
        if not plm.has_lm_head:
            pytest.fail("the tiny PLM lost its head")
        settings = {"architecture": architecture, "d_model": plm.d_model, "d_sae": 64}
        if architecture in ("topk", "batch_topk"):
            settings["k"] = 4
        sae = make_sae(settings)
        sae.feature_scale.fill_(2.0)
        sae.provenance = Provenance(layer=1)
        steered = plmscope.steer(plm, sae, SEQUENCE, [scale(3, 1.0)])
        np.testing.assert_allclose(steered.after, steered.before, atol=1e-5)

    def test_tells_every_residue_and_amino_acid(self, toy, sae):
        table = plmscope.steer(toy, sae, SEQUENCE, [ablate(0)], masked=False).to_table()
        assert len(table) == 20 * len(SEQUENCE)
        sums = table.groupby("position")[["before", "after"]].sum()
        np.testing.assert_allclose(sums, 1, atol=1e-5)


class TestRefusals:
    def test_a_position_outside(self, toy, sae):
        with pytest.raises(
            SteeringError, match="at residue 19, but the sequence has residues 1 to"
        ):
            plmscope.steer(toy, sae, SEQUENCE, [ablate(0, positions=[3, 19])])

    def test_a_feature_that_there_is_not(self, toy, sae):
        with pytest.raises(SteeringError, match="no feature f/10: this SAE has f/0 to f/9"):
            plmscope.steer(toy, sae, SEQUENCE, [ablate(10)])

    def test_a_dead_feature(self, toy, sae):
        with pytest.raises(SteeringError, match="f/9 never fired on train"):
            plmscope.steer(toy, sae, SEQUENCE, [clamp(9, 1.0)])

    def test_a_plm_without_a_head(self, made_plm, sae):
        with pytest.raises(PlmError, match="no masked-LM head, which steering and the effects"):
            plmscope.steer(made_plm.ToyPLM(has_lm_head=False), sae, SEQUENCE, [ablate(0)])

    def test_an_sae_of_another_plm(self, toy, made_plm):
        other = made_plm.toy_sae()
        other.provenance = Provenance(layer=1, plm_id="else", plm_revision="2")
        with pytest.raises(SteeringError, match="The SAE is of else"):
            plmscope.steer(toy, other, SEQUENCE, [ablate(0)])


class TestDoses:
    def test_answer_grows_with_the_dose_and_beyond_the_controls(self, toy, sae):
        settings = SteeringSettings(feature=0, positions="2-3", doses=(0, 1, 2), n_controls=2)
        table = dose_response(toy, sae, SEQUENCE, settings)
        at_two = table[(table["position"] == 2) & (table["kind"] == "feature")]
        change = at_two.set_index("dose")["change"]
        assert change[0.0] == pytest.approx(0, abs=1e-6)
        assert change[2.0] > change[1.0] > 0
        others = table[(table["position"] == 2) & (table["kind"] == "other feature")]
        assert others["change"].abs().max() < 1e-6
        assert set(table["kind"]) == {"feature", "other feature", "random direction"}

    def test_a_feature_has_to_be_given(self, toy, sae):
        with pytest.raises(SteeringError, match=r"steering\.feature=<number>"):
            dose_response(toy, sae, SEQUENCE, SteeringSettings())

    def test_what_cannot_be_edited_is_refused_before_anything_is_predicted(self, toy, sae):
        settings = SteeringSettings(feature=0, positions=(99,))
        with pytest.raises(SteeringError, match="at residue 99"):
            dose_response(toy, sae, SEQUENCE, settings)

    @pytest.mark.parametrize(
        ("given", "positions"), [("5", (5,)), (7, (7,)), ("5 9-11", (5, 9, 10, 11)), (None, None)]
    )
    def test_positions_are_numbers_and_ranges(self, given, positions):
        assert SteeringSettings(positions=given).positions == positions

    @pytest.mark.parametrize("given", ["", "5,9", "a", "0", "9-5 x"])
    def test_others_are_refused(self, given):
        with pytest.raises(ValidationError):
            SteeringSettings(positions=given)
