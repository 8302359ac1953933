"""What a path holds, and what is said where it cannot be read."""

import json

import pytest
import torch
from safetensors.torch import save_file

from plmscope.saes import CheckpointError, load_sae, save_sae, to_interplm

D_MODEL, D_SAE, K = 12, 64, 5


def dictionary(name):
    """A state dict of dictionary_learning's class, and its encode (dictionary.py, 0.1.0)."""
    draw = torch.Generator().manual_seed(0)
    W_enc, W_dec = (torch.randn(D_SAE, D_MODEL, generator=draw) for _ in range(2))
    b_enc, b_dec = torch.randn(D_SAE, generator=draw), torch.randn(D_MODEL, generator=draw)
    linear = {"encoder.weight": W_enc, "encoder.bias": b_enc, "decoder.weight": W_dec.T}
    plain = {"W_enc": W_enc.T, "b_enc": b_enc, "W_dec": W_dec, "b_dec": b_dec}
    cut = {"k": torch.tensor(K, dtype=torch.int32), "threshold": torch.tensor(2.5)}
    each = {"threshold": torch.rand(D_SAE, generator=draw) * 3}
    states = {
        "AutoEncoder": linear | {"bias": b_dec},
        "AutoEncoderNew": linear | {"decoder.bias": b_dec},
        "AutoEncoderTopK": linear | cut | {"b_dec": b_dec},
        "BatchTopKSAE": linear | cut | {"b_dec": b_dec},
        "MatryoshkaBatchTopKSAE": plain | cut | {"group_sizes": torch.tensor([32, 32])},
        "JumpReluAutoEncoder": plain | each,
    }

    def encode(x):
        is_shifted = name not in ("AutoEncoderNew", "JumpReluAutoEncoder")
        p = (x - b_dec if is_shifted else x) @ W_enc.T + b_enc
        if name == "AutoEncoderTopK":
            values, places = p.relu().topk(K, dim=-1)
            return torch.zeros_like(p).scatter(-1, places, values)
        threshold = states[name].get("threshold", torch.tensor(0.0))
        return p.relu() * (p > threshold)

    return {key: value.contiguous() for key, value in states[name].items()}, encode, (W_dec, b_dec)


class TestDictionaryLearning:
    @pytest.mark.parametrize(
        ("name", "architecture"),
        [
            ("AutoEncoder", "relu"),
            ("AutoEncoderNew", "relu"),
            ("AutoEncoderTopK", "topk"),
            ("BatchTopKSAE", "batch_topk"),
            ("MatryoshkaBatchTopKSAE", "batch_topk"),
            ("JumpReluAutoEncoder", "jumprelu"),
        ],
    )
    def test_its_config_says_what_its_file_is(self, x, tmp_path, name, architecture):
        """Regression: its config.json was taken for ours, or `architecture` asked for."""
        state, encode, (W_dec, b_dec) = dictionary(name)
        torch.save(state, tmp_path / "ae.pt")
        config = {"trainer": {"dict_class": name, "k": K}, "buffer": {}}
        (tmp_path / "config.json").write_text(json.dumps(config))
        sae = load_sae(tmp_path)
        assert sae.config.architecture == architecture
        torch.testing.assert_close(sae.encode(x), encode(x), atol=1e-3, rtol=1e-4)
        torch.testing.assert_close(sae(x), encode(x) @ W_dec + b_dec, atol=1e-2, rtol=1e-4)

    def test_a_class_that_is_not_read_is_named(self, tmp_path):
        torch.save(dictionary("AutoEncoder")[0], tmp_path / "ae.pt")
        (tmp_path / "config.json").write_text('{"trainer": {"dict_class": "GatedAutoEncoder"}}')
        with pytest.raises(CheckpointError, match=r"ae\.pt: a GatedAutoEncoder of dictionary"):
            load_sae(tmp_path)


class TestWhatTheCallerSays:
    def test_an_architecture_that_there_is_not(self, tmp_path):
        """Regression: KeyError."""
        with pytest.raises(CheckpointError, match="architecture: TopK is none of relu"):
            load_sae(tmp_path, architecture="TopK")

    def test_another_than_what_is_there(self, make_calibrated_sae, tmp_path):
        save_sae(make_calibrated_sae("topk"), tmp_path)
        with pytest.raises(CheckpointError, match="holds a topk SAE, not batch_topk"):
            load_sae(tmp_path, architecture="batch_topk")
        with pytest.raises(CheckpointError, match="holds an SAE with k = 5, not 6"):
            load_sae(tmp_path, k=6)
        assert load_sae(tmp_path, architecture="topk", k=5).config.k == 5


class TestTold:
    @pytest.mark.parametrize(
        ("keys", "told"),
        [
            (("gate_bias", "r_mag", "encoder.weight"), "a gated SAE's, which is not read"),
            (("W_enc", "W_dec", "b_enc", "b_dec"), "give the folder with its cfg.json"),
            (("encoder.weight", "encoder.bias", "W_dec"), "sparsify, which is not read"),
            (("feature_scale", "input_mean"), "a PLMscope checkpoint's: give its folder"),
            (tuple("abcdefghi"), "its keys are a, b, c, d, e, f and 3 more"),
            ((), "its keys are none"),
        ],
    )
    @pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
    def test_a_file_of_another_program_is_known_by_its_keys(self, tmp_path, keys, told, suffix):
        path = tmp_path / f"sae_of_somebody{suffix}"
        state = {key: torch.ones(2, 2) for key in keys}
        (torch.save if suffix == ".pt" else save_file)(state, path)
        with pytest.raises(CheckpointError, match=told) as error:
            load_sae(path)
        assert str(path) in str(error.value)

    @pytest.mark.parametrize("name", ["sae.safetensors", "config.json", "cfg.json"])
    def test_a_part_of_a_checkpoint(self, tmp_path, name):
        (tmp_path / name).write_bytes(b"{}")
        with pytest.raises(CheckpointError, match="is a single file: give a folder with"):
            load_sae(tmp_path / name)

    def test_folders_further_down_are_named(self, make_calibrated_sae, tmp_path):
        for name in ("blocks.3/a", "blocks.7/b"):
            save_sae(make_calibrated_sae("topk"), tmp_path / name)
        with pytest.raises(CheckpointError, match=r"these folders: blocks\.3/a, blocks\.7/b"):
            load_sae(tmp_path)

    @pytest.mark.parametrize(
        "source", ["./no/sae", "/no/sae", "~/no_such_sae", "../no_sae", "tests/my_sae", "my_sae"]
    )
    def test_a_path_is_not_looked_up_on_the_hub(self, source):
        with pytest.raises(CheckpointError, match=r"no local folder .* owner/name.. Check"):
            load_sae(source)

    def test_code_in_a_pickle_is_neither_run_nor_recommended(self, tmp_path):
        """Regression: torch's text, on many lines, which says how to run it."""

        class Evil:
            def __reduce__(self):
                return ((tmp_path / "ran").touch, ())

        torch.save({"bias": Evil()}, tmp_path / "any.pt")
        with pytest.raises(CheckpointError, match="Python objects, which would run code") as error:
            load_sae(tmp_path / "any.pt")
        assert "weights_only" not in str(error.value)
        assert not (tmp_path / "ran").exists()

    @pytest.mark.parametrize(
        ("content", "told"),
        [
            (b"version https://git-lfs.github.com/spec/v1\n", "is a Git LFS pointer"),
            (b"", "cannot be read as a plain state dict"),
            (b"junk" * 100, "cannot be read as a plain state dict"),
        ],
    )
    @pytest.mark.parametrize("name", ["ae_normalized.pt", "x.safetensors"])
    def test_damaged_files(self, tmp_path, content, told, name):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(CheckpointError, match=told) as error:
            load_sae(tmp_path / name)
        assert "\n" not in str(error.value)

    @pytest.mark.parametrize("k", [0, 65])
    def test_a_k_that_does_not_fit(self, make_calibrated_sae, tmp_path, k):
        """Regression: pydantic's error on many lines."""
        state = to_interplm(make_calibrated_sae("topk")) | {"k": torch.tensor(k)}
        torch.save(state, tmp_path / "ae.pt")
        with pytest.raises(CheckpointError, match=f"k = {k} does not fit 64 features"):
            load_sae(tmp_path, architecture="topk")

    def test_a_tied_decoder_that_was_left_out(self, make_calibrated_sae, tmp_path):
        state = to_interplm(make_calibrated_sae("relu"))
        del state["decoder.weight"]
        torch.save(state, tmp_path / "ae.pt")
        with pytest.raises(CheckpointError, match=r"tied one's is encoder\.weight\.T"):
            load_sae(tmp_path)

    def test_half_types_are_computed_with_in_float32(self, make_calibrated_sae, x, tmp_path):
        state = {
            key: value.bfloat16() for key, value in to_interplm(make_calibrated_sae("relu")).items()
        }
        state["normalize_to_sqrt_d"] = torch.tensor(False)
        torch.save(state, tmp_path / "ae.pt")
        assert load_sae(tmp_path).encode(x).dtype == torch.float32
