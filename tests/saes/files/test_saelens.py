"""SAELens' layout, against its own formulas written out."""

import json

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

    @pytest.mark.parametrize("normalise", [None, False])
    def test_versions_before_6_say_otherwise_that_they_change_nothing(self, tmp_path, x, normalise):
        """Regression: a normalisation of false or null was refused as no string."""
        ones = {"scaling_factor": torch.ones(D_SAE)}
        tensors, config = write(
            tmp_path, "standard", normalize_activations=normalise, tensors=ones,
            activation_fn_str="relu",
        )  # fmt: skip
        expected = saelens_encode(tensors, config, x)
        torch.testing.assert_close(load_sae(tmp_path).encode(x), expected, atol=1e-3, rtol=1e-4)

    @pytest.mark.parametrize("rescale", [False, True])
    @pytest.mark.parametrize("architecture", ["batchtopk", "matryoshka_batchtopk"])
    def test_a_checkpoint_of_training_is_what_it_would_be_saved_as(
        self, tmp_path, x, architecture, rescale
    ):
        """SAELens saves a finished BatchTopK SAE as JumpReLU with one threshold for all."""
        tensors, config = write(
            tmp_path, architecture, k=2.5, rescale_acts_by_decoder_norm=rescale,
            tensors={"topk_threshold": torch.tensor(20.0, dtype=torch.float64)},
        )  # fmt: skip
        sae = load_sae(tmp_path)
        assert sae.config.architecture == "jumprelu"
        as_saved = tensors | {"threshold": tensors["topk_threshold"].float()}
        expected = saelens_encode(as_saved, config | {"architecture": "jumprelu"}, x)
        assert 0 < (expected > 0).float().mean() < 0.5
        torch.testing.assert_close(sae.encode(x), expected, atol=1e-3, rtol=1e-4)

    def test_a_decoder_row_of_zeros_is_a_silent_feature_not_nan(self, tmp_path, x):
        decoder = torch.randn(D_SAE, D_IN)
        decoder[3] = 0
        write(tmp_path, "topk", rescale_acts_by_decoder_norm=True, tensors={"W_dec": decoder})
        sae = load_sae(tmp_path)
        assert (sae.encode(x)[:, 3].abs() < 1e-4).all()
        assert sae(x).isfinite().all()

    def test_half_types_are_computed_with_in_float32(self, tmp_path, x):
        write(tmp_path, "standard", tensors={"W_enc": torch.randn(D_IN, D_SAE).bfloat16()})
        sae = load_sae(tmp_path)
        assert sae.dtype == sae.encode(x).dtype == torch.float32

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
            ("topk", {"k": 65}, "a topk SAE without k from 1 to d_sae = 64"),
            ("topk", {"k": 2.5}, "a topk SAE without k"),
            ("transcoder", {}, "a transcoder SAE of SAELens is not read"),
            (
                "standard",
                {"activation_fn_str": "tanh-relu"},
                "activation_fn: Input should be",
            ),
            ("standard", {"activation_fn": "gelu"}, "activation_fn: Input should be"),
            ("standard", {"normalize_activations": True}, "is 'expected_average_only_in'"),
            ("batchtopk", {"tensors": {"topk_threshold": None}}, "'topk_threshold' is missing"),
            ("standard", {"d_sae": 63}, r"'W_enc' has shape \(12, 64\); cfg.json says \(12, 63\)"),
            ("jumprelu", {"tensors": {"threshold": None}}, "'threshold' is missing or has no use"),
            (
                "standard",
                {"tensors": {"scaling_factor": torch.full((9,), 2.0)}},
                "'scaling_factor' is",
            ),
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

    @pytest.mark.parametrize(
        ("content", "told"),
        [(b"version https://git-lfs", "is a Git LFS pointer"), (b"", "cannot be read")],
    )
    def test_weights_that_are_no_safetensors(self, tmp_path, content, told):
        write(tmp_path, "standard")
        (tmp_path / "sae_weights.safetensors").write_bytes(content)
        with pytest.raises(CheckpointError, match=told):
            load_sae(tmp_path)
