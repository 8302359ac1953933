"""SAELens' layout, against its own formulas written out."""

import json
from typing import ClassVar

import pytest
import torch
from safetensors.torch import save_file

from plmscope.saes import CheckpointError, load_sae, save_sae

D_IN, D_SAE, K = 12, 64, 5
NAMES = {"standard": "relu", "topk": "topk", "jumprelu": "jumprelu"}


def saelens_encode(tensors, config, x):
    """sae_lens/saes/{standard,topk,jumprelu}_sae.py, version 6.54."""
    x = x - tensors["b_dec"] * config["apply_b_dec_to_input"]
    hidden = x @ tensors["W_enc"] + tensors["b_enc"]
    if config.get("rescale_acts_by_decoder_norm"):
        hidden = hidden * tensors["W_dec"].norm(dim=-1)
    if config["architecture"] == "topk":
        values, indices = hidden.topk(K, dim=-1)
        return torch.zeros_like(hidden).scatter(-1, indices, values.relu())
    if config["architecture"] == "jumprelu":
        return hidden.relu() * (hidden > tensors["threshold"])
    return hidden.relu()


def saelens_decode(tensors, config, features):
    if config.get("rescale_acts_by_decoder_norm"):
        features = features / tensors["W_dec"].norm(dim=-1)
    return features @ tensors["W_dec"] + tensors["b_dec"]


def write(folder, architecture, *, tensors=(), **config):
    """An SAE as SAELens saves it, with other keys and tensors where asked; None takes one away."""
    draw = torch.Generator().manual_seed(0)
    made = {
        "W_enc": torch.randn(D_IN, D_SAE, generator=draw),
        "b_enc": torch.randn(D_SAE, generator=draw),
        "W_dec": torch.randn(D_SAE, D_IN, generator=draw),
        "b_dec": torch.randn(D_IN, generator=draw),
    }
    if architecture == "jumprelu":
        made["threshold"] = torch.rand(D_SAE, generator=draw) * 3
    made |= dict(tensors)
    made = {name: tensor for name, tensor in made.items() if tensor is not None}
    written = {
        "architecture": architecture, "d_in": D_IN, "d_sae": D_SAE, "dtype": "float32",
        "device": "cpu", "apply_b_dec_to_input": True, "normalize_activations": "none",
        "reshape_activations": "none", "metadata": {"hook_name": "blocks.3.hook_resid_post"},
    }  # fmt: skip
    written |= ({"k": K} if architecture == "topk" else {}) | config
    folder.mkdir(exist_ok=True)
    save_file(made, folder / "sae_weights.safetensors")
    (folder / "cfg.json").write_text(json.dumps(written))
    return made, written


class TestLoad:
    """Regression: "Not a directory", or no SAE at all."""

    @pytest.mark.parametrize("rescale", [False, True])
    @pytest.mark.parametrize("subtract", [False, True])
    @pytest.mark.parametrize("architecture", NAMES)
    def test_codes_and_reconstructions_are_theirs(
        self, tmp_path, x, architecture, subtract, rescale
    ):
        tensors, config = write(
            tmp_path,
            architecture,
            apply_b_dec_to_input=subtract,
            rescale_acts_by_decoder_norm=rescale,
        )
        sae = load_sae(tmp_path)
        assert sae.config.architecture == NAMES[architecture]
        expected = saelens_encode(tensors, config, x)
        torch.testing.assert_close(sae.encode(x), expected, atol=1e-3, rtol=1e-4)
        torch.testing.assert_close(
            sae(x), saelens_decode(tensors, config, expected), atol=1e-2, rtol=1e-4
        )

    def test_the_file_with_the_weights_stands_for_its_folder(self, tmp_path, x):
        write(tmp_path, "standard")
        by_file = load_sae(tmp_path / "sae_weights.safetensors")
        assert torch.equal(by_file.encode(x), load_sae(tmp_path).encode(x))

    def test_a_folder_of_layers(self, tmp_path):
        (tmp_path / "layer_3").mkdir()
        write(tmp_path / "layer_3", "topk")
        assert load_sae(tmp_path, layer=3).config.k == K

    def test_versions_before_6_name_topk_as_an_activation_function(self, tmp_path, x):
        tensors, config = write(
            tmp_path, "standard", activation_fn_str="topk", activation_fn_kwargs={"k": K}
        )
        expected = saelens_encode(tensors, config | {"architecture": "topk"}, x)
        torch.testing.assert_close(load_sae(tmp_path).encode(x), expected, atol=1e-3, rtol=1e-4)

    def test_its_features_are_told_not_to_be_scaled(self, tmp_path, caplog):
        write(tmp_path, "standard")
        load_sae(tmp_path)
        assert "not scaled to [0, 1]" in caplog.text

    @pytest.mark.parametrize("architecture", NAMES)
    def test_calibrated_saved_and_loaded_it_has_the_same_codes(self, tmp_path, x, architecture):
        write(tmp_path / "theirs", architecture)
        sae = load_sae(tmp_path / "theirs")
        sae.calibrate([x])
        save_sae(sae, tmp_path / "ours")
        again = load_sae(tmp_path / "ours")
        assert torch.equal(again.encode(x), sae.encode(x))
        assert sae.encode(x).max() == pytest.approx(1, abs=1e-5)


class TestRefused:
    @pytest.mark.parametrize(
        ("architecture", "changes", "told"),
        [
            ("gated", {}, "a gated SAE of SAELens is not read"),
            ("standard", {"normalize_activations": "layer_norm"}, "is 'layer_norm', which is not"),
            ("standard", {"reshape_activations": "hook_z"}, "reshape_activations"),
            ("standard", {"d_in": None}, "d_in"),
            ("topk", {"k": None}, "a topk SAE without k"),
            ("standard", {"d_sae": 63}, r"'W_enc' has shape \(12, 64\); cfg.json says \(12, 63\)"),
            ("jumprelu", {"tensors": {"threshold": None}}, "'threshold' is missing or has no use"),
            ("standard", {"tensors": {"scaling_factor": torch.ones(D_SAE)}}, "'scaling_factor' is"),
            ("standard", {"tensors": {"b_enc": torch.full((D_SAE,), torch.nan)}}, "not finite"),
        ],
    )
    def test_what_none_of_ours_computes_is_named(self, tmp_path, architecture, changes, told):
        write(tmp_path, architecture, **changes)
        with pytest.raises(CheckpointError, match=told) as error:
            load_sae(tmp_path)
        assert str(tmp_path) in str(error.value)

    def test_a_config_that_is_not_json(self, tmp_path):
        write(tmp_path, "standard")
        (tmp_path / "cfg.json").write_text("{")
        with pytest.raises(CheckpointError, match="is not JSON"):
            load_sae(tmp_path)

    def test_weights_that_are_no_safetensors(self, tmp_path):
        write(tmp_path, "standard")
        (tmp_path / "sae_weights.safetensors").write_bytes(b"version https://git-lfs")
        with pytest.raises(CheckpointError, match="cannot be read"):
            load_sae(tmp_path)


class TestInterProt:
    """Its SAEs scale each residue by itself, so that no SAE of ours can take their place."""

    TENSORS: ClassVar = {
        "w_enc": torch.ones(D_IN, D_SAE), "w_dec": torch.ones(D_SAE, D_IN),
        "b_enc": torch.ones(D_SAE), "b_pre": torch.ones(D_IN),
    }  # fmt: skip

    @pytest.mark.parametrize("name", ["esm2_plm1280_l24_sae4096.safetensors", "interprot.pt"])
    def test_is_told_by_name(self, tmp_path, name):
        if name.endswith(".pt"):
            torch.save(self.TENSORS, tmp_path / name)
        else:
            save_file(self.TENSORS, tmp_path / name)
        with pytest.raises(CheckpointError, match=r"an SAE of InterProt .* which is not read"):
            load_sae(tmp_path / name)

    def test_another_safetensors_file_is_told_by_its_keys(self, tmp_path):
        save_file({"encoder": torch.ones(2)}, tmp_path / "x.safetensors")
        with pytest.raises(CheckpointError, match="is a single file with encoder: give a folder"):
            load_sae(tmp_path / "x.safetensors")
