import pytest
import torch
from kedro.io import DatasetError
from torch._subclasses import FakeTensorMode

from plmscope.datasets.sae_checkpoint import GivenSAECheckpointDataset, SAECheckpointDataset
from plmscope.saes import make_sae, save_sae
from plmscope.training.evaluation.fidelity import measure_fidelity

CONFIG = {"architecture": "topk", "d_model": 4, "d_sae": 16, "k": 2}


class TestSAECheckpointDataset:
    def test_is_the_owner_of_the_device(self, tmp_path):
        """Regression: nodes moved the SAE here and there, and one forgot to."""
        dataset = SAECheckpointDataset(filepath=str(tmp_path / "sae"), device="meta")
        save_sae(make_sae(CONFIG), tmp_path / "sae")
        assert dataset.load().device.type == dataset.device == "meta"


class FakePLM:
    """Hands the edits activations on a device that is not there, as a PLM on a GPU would."""

    def residue_token_ids(self, sequence):
        return torch.zeros(len(sequence), dtype=torch.int64)

    def edited_lm_logits(self, sequences, layer, edits, *, masked_positions=None):
        del layer, masked_positions
        found = []
        for edit in edits:
            x = torch.zeros(len(sequences[0]), 4, device="cuda")
            edited = x if edit is None else edit(x)
            assert edited.device.type == "cuda"
            found.append([edited])
        raise _AllEdited(found)


class _AllEdited(Exception):  # noqa: N818
    """Cross-entropies of tensors that hold nothing cannot be taken."""


class TestFidelityOnAGPU:
    def test_every_edit_stays_where_the_plm_is(self):
        """Regression: the SAE stayed on the CPU while the PLM was on the GPU."""
        with FakeTensorMode():
            sae, mean = make_sae(CONFIG).requires_grad_(False), torch.zeros(4)
            with pytest.raises(_AllEdited):
                measure_fidelity(FakePLM(), 0, sae, mean, ["MKT"])

    def test_an_sae_takes_activations_from_another_device(self):
        with FakeTensorMode():
            sae, x = make_sae(CONFIG), torch.zeros(3, 4, device="cuda")
            assert sae.encode_sparse(x).values.device == sae.device


class TestGivenSAECheckpointDataset:
    def test_that_was_not_chosen_says_how(self):
        with pytest.raises(DatasetError, match="--params evaluated_sae="):
            GivenSAECheckpointDataset(source=None, parameter="evaluated_sae").load()

    def test_is_read_once_until_it_is_released(self, tmp_path):
        """Regression: the check before a run read it, and the node again."""
        save_sae(make_sae(CONFIG), tmp_path / "sae")
        dataset = GivenSAECheckpointDataset(source=str(tmp_path / "sae"), parameter="evaluated_sae")
        sae = dataset.load()
        assert dataset.load() is sae
        dataset.release()
        assert dataset.load() is not sae

    def test_is_read_and_never_written(self, tmp_path):
        save_sae(make_sae(CONFIG), tmp_path / "sae")
        dataset = GivenSAECheckpointDataset(source=str(tmp_path / "sae"), parameter="evaluated_sae")
        assert dataset.load().config.k == 2
        with pytest.raises(DatasetError, match="only read"):
            dataset.save(dataset.load())

    def test_a_home_folder_is_found(self, tmp_path, monkeypatch):
        monkeypatch.setenv("HOME", str(tmp_path))
        save_sae(make_sae(CONFIG), tmp_path / "sae")
        assert (
            GivenSAECheckpointDataset(source="~/sae", parameter="sae_source").load().config.k == 2
        )
