"""Fidelity on a PLM so small that every cross-entropy can be worked out by hand."""

import math

import numpy as np
import pytest
import torch

from plmscope.plms import load_plm
from plmscope.training.evaluation.fidelity import choose_masked_positions, measure_fidelity

MASK = 4
SEQUENCES = ["AACG", "GT", "ACGTACGT"]


class OneHotPLM:
    """Layer 0 is the one-hot token, 3 for the right one; the head reads it as logits."""

    has_lm_head = True

    def residue_token_ids(self, sequence):
        return torch.tensor(["ACGT".index(letter) for letter in sequence])

    def edited_lm_logits(self, sequences, layer, edits, *, masked_positions=None):
        assert layer == 0
        logits = [[] for _ in edits]
        for i, sequence in enumerate(sequences):
            tokens = self.residue_token_ids(sequence)
            if masked_positions is not None:
                tokens[masked_positions[i]] = MASK
            hidden = 3.0 * torch.eye(5)[tokens][:, :4]
            for of_edit, edit in zip(logits, edits, strict=True):
                of_edit.append(hidden if edit is None else edit(hidden))
        return logits


RIGHT = -math.log(math.exp(3) / (math.exp(3) + 3))
UNIFORM = math.log(4)


def measure(reconstruct, masked_positions=None):
    mean = torch.full((4,), 0.7)
    return measure_fidelity(OneHotPLM(), 0, reconstruct, mean, SEQUENCES, masked_positions)


class TestMeasureFidelity:
    def test_a_perfect_sae_recovers_everything(self):
        fidelity = measure(lambda x: x)
        assert fidelity.original == pytest.approx(RIGHT)
        assert fidelity.sae == pytest.approx(RIGHT)
        assert fidelity.zero_ablation == pytest.approx(UNIFORM)
        assert fidelity.mean_ablation == pytest.approx(UNIFORM)
        assert fidelity.loss_recovered == pytest.approx(1)
        assert fidelity.interplm_percent == pytest.approx(100)

    def test_reconstruction_plus_error_gives_back_the_original(self):
        fidelity = measure(lambda x: x.roll(1, dims=-1) * 7)
        assert fidelity.sae_with_error == pytest.approx(fidelity.original, abs=1e-6)

    def test_each_protein_is_encoded_once(self):
        """Regression: reconstruction and reconstruction plus error each ran the SAE."""
        n_rows = []
        measure(lambda x: n_rows.append(len(x)) or x)
        assert sum(n_rows) == sum(map(len, SEQUENCES))

    def test_proteins_of_similar_length_are_read_together(self, monkeypatch):
        """Regression: read in their order, a seventh of the tokens was padding."""
        monkeypatch.setattr("plmscope.training.evaluation.fidelity.PROTEINS_AT_ONCE", 2)
        read = []
        plm = OneHotPLM()
        logits = plm.edited_lm_logits
        plm.edited_lm_logits = lambda some, *a, **k: read.append(some) or logits(some, *a, **k)
        measure_fidelity(plm, 0, lambda x: x, torch.zeros(4), SEQUENCES)
        assert read == [["ACGTACGT", "AACG"], ["GT"]]

    def test_loss_recovered_is_not_clipped(self):
        """Regression: values below 0 and above 100 % were clipped away (fault 16)."""
        worse_than_zeros = measure(lambda x: -x)
        assert worse_than_zeros.loss_recovered < 0
        assert worse_than_zeros.interplm_percent == 0
        better_than_original = measure(lambda x: 2 * x)
        assert better_than_original.loss_recovered > 1
        assert better_than_original.interplm_percent == 100

    def test_masked_positions_alone_are_predicted(self):
        """Regression: fidelity was computed without masking (docs/faults.md, fault 16)."""
        masked = choose_masked_positions(SEQUENCES, fraction=0.15, seed=0)
        fidelity = measure(lambda x: x, masked)
        assert fidelity.original == pytest.approx(UNIFORM)

    def test_ablation_without_harm_leaves_no_share_to_recover(self):
        masked = choose_masked_positions(SEQUENCES, fraction=0.15, seed=0)
        fidelity = measure(lambda x: x, masked)
        assert fidelity.loss_recovered is None
        assert fidelity.interplm_percent == 0

    def test_is_a_mean_over_proteins_of_means_over_positions(self):
        right_for_a_alone = measure(lambda x: torch.where(x[:, :1] > 0, x, 0))
        shares_of_a = [2 / 4, 0 / 2, 2 / 8]
        expected = np.mean([share * RIGHT + (1 - share) * UNIFORM for share in shares_of_a])
        assert right_for_a_alone.sae == pytest.approx(expected)

    @pytest.mark.parametrize("masked", [False, True])
    def test_does_not_depend_on_how_many_proteins_are_read_at_once(self, monkeypatch, masked):
        positions = choose_masked_positions(SEQUENCES, fraction=0.5, seed=0) if masked else None
        at_once = measure(lambda x: x.roll(1, dims=-1), positions)
        monkeypatch.setattr("plmscope.training.evaluation.fidelity.PROTEINS_AT_ONCE", 2)
        in_parts = measure(lambda x: x.roll(1, dims=-1), positions)
        assert in_parts.model_dump() == pytest.approx(at_once.model_dump())


class TestChooseMaskedPositions:
    def test_takes_the_share_of_each_sequence_and_at_least_one(self):
        positions = choose_masked_positions(["A" * 100, "A", "A" * 10], fraction=0.15, seed=0)
        assert [len(chosen) for chosen in positions] == [15, 1, 2]
        assert all(len(set(chosen)) == len(chosen) for chosen in positions)

    def test_is_decided_by_the_seed(self):
        def positions(seed):
            return choose_masked_positions(["A" * 100], fraction=0.15, seed=seed)[0].tolist()

        assert positions(0) == positions(0)
        assert positions(0) != positions(1)


class TestOnARealPLM:
    def test_only_residue_rows_are_given_to_the_sae(self, project):
        """Regression: CLS, EOS and padding went through the SAE too (docs/faults.md, fault 16)."""
        plm = load_plm(str(project / "tests/data/tiny_plm"))
        sequences = ["MKTAYIAKQR", "GSH", "ACDEFGHIKLMNPQRSTVWY"]
        seen = []

        def reconstruct(x):
            seen.append(x.clone())
            return x

        measure_fidelity(plm, 2, reconstruct, torch.zeros(32), sequences)
        embedded = torch.cat([states[2] for states in plm.embed(sequences, [2])])
        rows = torch.cat(seen)[: len(embedded)]
        torch.testing.assert_close(
            rows.sort(dim=0).values, embedded.sort(dim=0).values, rtol=1e-4, atol=1e-4
        )

    def test_an_edit_that_changes_nothing_costs_no_pass(self, project):
        """Regression: reconstruction plus error ran the blocks again for what was known."""
        plm = load_plm(str(project / "tests/data/tiny_plm"))
        n_rows = []  # several edits may go through the head side by side
        plm.model.lm_head.register_forward_hook(lambda *given: n_rows.append(len(given[1][0])))
        fidelity = measure_fidelity(plm, 2, lambda x: 0.5 * x, torch.zeros(32), ["MKTAYIAKQR"])
        assert fidelity.sae_with_error == fidelity.original
        assert sum(n_rows) == 4 * 10  # residues: original, reconstruction, zeros, mean
