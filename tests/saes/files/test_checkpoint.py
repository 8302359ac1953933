import json
import random
import re

import pytest
import torch
from safetensors.torch import load_file, save_file

from plmscope.disk.files import write_sealed_json
from plmscope.saes import CheckpointError, Provenance, fingerprint, load_sae, save_sae
from plmscope.saes.files.checkpoint import CONFIG, WEIGHTS


def seal(folder, config):
    """Write a config as if it had been saved so."""
    del config["sha256"]
    write_sealed_json(folder / CONFIG, config)


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
            patch.setattr("plmscope.saes.files.checkpoint.sha256_of_file", lambda _: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                save_sae(make_calibrated_sae("relu"), tmp_path / "sae")
        assert load_sae(tmp_path / "sae").config == sae.config
        assert [path.name for path in tmp_path.iterdir()] == ["sae"]


class TestFingerprint:
    def test_is_that_of_the_weights_wherever_they_lie(self, sae, tmp_path):
        save_sae(sae, tmp_path / "sae")
        assert fingerprint(load_sae(tmp_path / "sae")) == fingerprint(sae)

    def test_is_another_after_one_changed_value(self, make_calibrated_sae):
        sae, other = make_calibrated_sae("topk"), make_calibrated_sae("topk")
        other.feature_scale[5] += 1e-3
        assert fingerprint(other) != fingerprint(sae)


class TestDevice:
    def test_the_sae_comes_on_the_device_that_was_asked_for(self, make_calibrated_sae, tmp_path):
        save_sae(make_calibrated_sae("jumprelu"), tmp_path / "sae")
        sae = load_sae(tmp_path / "sae", device="meta")
        assert {tensor.device.type for tensor in sae.state_dict().values()} == {"meta"}


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

    @pytest.mark.parametrize("key", ["W_enc", "b_dec", "threshold", "feature_scale"])
    @pytest.mark.parametrize("value", [torch.nan, torch.inf])
    def test_what_is_no_finite_number_is_refused_by_its_key(self, folder, key, value):
        rewrite(folder, **{key: lambda tensor: torch.full_like(tensor, value)})
        with pytest.raises(CheckpointError, match=f"{key}' are not finite"):
            load_sae(folder)

    def test_such_weights_are_not_even_saved(self, make_calibrated_sae, tmp_path):
        sae = make_calibrated_sae("topk")
        sae.W_dec.data[3, 4] = torch.nan
        with pytest.raises(CheckpointError, match="1 of 768 values of 'W_dec'"):
            save_sae(sae, tmp_path / "sae")
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("name", [CONFIG, WEIGHTS])
    def test_a_flipped_bit_is_found_anywhere(self, folder, name):
        path, rng = folder / name, random.Random(0)
        sound = path.read_bytes()
        for _ in range(60):
            damaged = bytearray(sound)
            damaged[rng.randrange(len(sound))] ^= 1 << rng.randrange(8)
            path.write_bytes(damaged)
            with pytest.raises(CheckpointError, match=re.escape(str(path))):
                load_sae(folder)

    def test_truncated_file(self, folder):
        weights = (folder / WEIGHTS).read_bytes()
        (folder / WEIGHTS).write_bytes(weights[: len(weights) // 2])
        with pytest.raises(CheckpointError, match=re.escape(str(folder / WEIGHTS))):
            load_sae(folder)

    def test_wrong_width(self, folder):
        config = json.loads((folder / CONFIG).read_text())
        config["sae"]["d_sae"] = 32
        seal(folder, config)
        with pytest.raises(CheckpointError, match="promises 32 values of 'feature_scale'"):
            load_sae(folder)

    def test_a_promise_of_too_many_features_is_refused_from_the_header(self, folder, monkeypatch):
        """Regression: memory for 10^8 features was taken before the file was looked at."""
        config = json.loads((folder / CONFIG).read_text())
        config["sae"]["d_sae"] = 10**8
        seal(folder, config)
        make_sae = "plmscope.saes.files.checkpoint.make_sae"
        monkeypatch.setattr(make_sae, lambda _: pytest.fail("made"))
        with pytest.raises(CheckpointError, match=r"promises 100000000 .* it has 64"):
            load_sae(folder)

    def test_unknown_setting(self, folder):
        config = json.loads((folder / CONFIG).read_text())
        config["sae"]["kk"] = 32
        seal(folder, config)
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
