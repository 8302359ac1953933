import json
import re

import pytest
import torch
from safetensors.torch import load_file, save_file

from plmscope.saes import CheckpointError, Provenance, load_sae, save_sae
from plmscope.saes.checkpoint import CONFIG, WEIGHTS


def rewrite(folder, **changes):
    """Change tensors of a checkpoint behind its back."""
    tensors = load_file(folder / WEIGHTS)
    for name, change in changes.items():
        tensors[name] = change(tensors[name])
    save_file(tensors, folder / WEIGHTS)


class TestRoundTrip:
    def test_every_architecture_comes_back_as_itself(self, sae, x, tmp_path):
        """Fault 9: a saved TopK came back as BatchTopK, a saved JumpReLU not at all."""
        sae.provenance = Provenance(plm_id="tiny", layer=2, versions={"plmscope": "0.1.0"})
        save_sae(sae, tmp_path / "sae")
        again = load_sae(tmp_path / "sae")
        assert type(again) is type(sae)
        assert again.config == sae.config
        assert again.provenance == sae.provenance
        assert not again.training
        for name, value in sae.state_dict().items():
            assert torch.equal(again.state_dict()[name], value), name
        assert torch.equal(again.encode(x), sae.encode(x))

    def test_float64_stays(self, make_calibrated_sae, tmp_path):
        sae = make_calibrated_sae("topk").double()
        save_sae(sae, tmp_path / "sae")
        assert load_sae(tmp_path / "sae").dtype == torch.float64

    def test_no_half_written_checkpoint(self, make_calibrated_sae, tmp_path, monkeypatch):
        sae = make_calibrated_sae("topk")
        save_sae(sae, tmp_path / "sae")
        with monkeypatch.context() as patch:
            patch.setattr("plmscope.saes.checkpoint.sha256_of_file", lambda _: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                save_sae(make_calibrated_sae("relu"), tmp_path / "sae")
        assert load_sae(tmp_path / "sae").config == sae.config
        assert [path.name for path in tmp_path.iterdir()] == ["sae"]


class TestDamage:
    @pytest.fixture
    def folder(self, make_calibrated_sae, x, tmp_path):
        save_sae(make_calibrated_sae("batch_topk"), tmp_path / "sae", sample=x)
        return tmp_path / "sae"

    def test_other_normalisation_fails_the_self_check(self, folder):
        """Fault 23: a checkpoint with other normalisation loaded without a word."""
        rewrite(folder, input_mean=lambda mean: mean + 1)
        with pytest.raises(CheckpointError, match=r"self-check: reconstruction_error is .* was"):
            load_sae(folder)

    def test_other_feature_scale_fails_the_self_check(self, folder):
        rewrite(folder, feature_scale=lambda scale: scale * 2)
        with pytest.raises(CheckpointError, match="self-check: mean_feature is"):
            load_sae(folder)

    def test_one_changed_weight_of_a_silent_feature_is_seen(self, folder):
        def change(bias):
            bias[3] -= 1
            return bias

        rewrite(folder, b_enc=change)
        with pytest.raises(CheckpointError, match="self-check: its sha256"):
            load_sae(folder)

    def test_nan_fails_the_self_check(self, folder):
        rewrite(folder, b_dec=lambda bias: bias * torch.nan)
        with pytest.raises(CheckpointError, match="self-check"):
            load_sae(folder)

    def test_truncated_file(self, folder):
        weights = (folder / WEIGHTS).read_bytes()
        (folder / WEIGHTS).write_bytes(weights[: len(weights) // 2])
        with pytest.raises(CheckpointError, match=re.escape(str(folder / WEIGHTS))):
            load_sae(folder)

    def test_wrong_width(self, folder):
        config = json.loads((folder / CONFIG).read_text())
        config["sae"]["d_sae"] = 32
        (folder / CONFIG).write_text(json.dumps(config))
        with pytest.raises(CheckpointError, match="size mismatch"):
            load_sae(folder)

    def test_unknown_setting(self, folder):
        config = json.loads((folder / CONFIG).read_text())
        config["sae"]["kk"] = 32
        (folder / CONFIG).write_text(json.dumps(config))
        with pytest.raises(CheckpointError, match="kk"):
            load_sae(folder)


class TestFinding:
    def test_layers_of_a_folder(self, make_calibrated_sae, tmp_path):
        for layer in (2, 10):
            save_sae(make_calibrated_sae("topk"), tmp_path / f"layer_{layer}")
        assert load_sae(tmp_path, layer=10).d_sae == 64
        with pytest.raises(CheckpointError, match=r"layers \[2, 10\], not for None"):
            load_sae(tmp_path)
        with pytest.raises(CheckpointError, match="not for 3"):
            load_sae(tmp_path, layer=3)

    def test_single_layer_needs_no_choice(self, make_calibrated_sae, tmp_path):
        save_sae(make_calibrated_sae("topk"), tmp_path / "layer_4")
        assert load_sae(tmp_path).d_sae == 64

    def test_folder_of_something_else(self, tmp_path):
        (tmp_path / CONFIG).write_text('{"model_type": "esm", "hidden_size": 320}')
        message = r"is not the config of an SAE: sae: Field required; .*; and \d more$"
        with pytest.raises(CheckpointError, match=message):
            load_sae(tmp_path)

    def test_empty_folder(self, tmp_path):
        with pytest.raises(CheckpointError, match="holds no SAE"):
            load_sae(tmp_path)

    def test_neither_folder_nor_repository(self):
        with pytest.raises(CheckpointError, match="is no local folder and could not be fetched"):
            load_sae("no/such/folder/here")

    def test_hub_repository(self, make_calibrated_sae, tmp_path, monkeypatch):
        save_sae(make_calibrated_sae("topk"), tmp_path / "layer_4")
        asked = []

        def snapshot_download(repo_id, allow_patterns):
            asked.append((repo_id, allow_patterns))
            return str(tmp_path)

        monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot_download)
        assert load_sae("lab/saes", layer=4).d_sae == 64
        assert asked == [("lab/saes", ["layer_4/*"])]


class TestSafety:
    def test_pickled_code_is_not_run(self, tmp_path):
        """Fault 20: loading a model unpickled Python objects, so a shared folder could run code."""
        marker = tmp_path / "ran"

        class Evil:
            def __reduce__(self):
                return (marker.touch, ())

        torch.save({"bias": Evil()}, tmp_path / "ae_normalized.pt")
        with pytest.raises(CheckpointError, match="cannot be read as a plain state dict"):
            load_sae(tmp_path)
        assert not marker.exists()
