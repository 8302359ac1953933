"""InterProt's TopK SAEs, against its own formulas written out."""

import logging

import pytest
import torch
from safetensors.torch import save_file

from plmscope.saes import CheckpointError, load_sae, make_sae, save_sae

D_MODEL, N_LATENTS, K = 12, 64, 5


def interprot_codes(state, x, k):
    """interprot/sae_model.py: LN, then topK_activation; residue by residue."""
    codes, statistics = [], []
    for row in x:
        mean = row.sum() / len(row)
        deviation = ((row - mean).square().sum() / (len(row) - 1)).sqrt()
        scaled = (row - mean) / (deviation + 1e-5)
        p = (scaled - state["b_pre"]) @ state["w_enc"] + state["b_enc"]
        code = torch.zeros_like(p)
        for place in p.argsort(descending=True)[:k]:
            code[place] = max(float(p[place]), 0.0)
        codes.append(code)
        statistics.append(torch.stack([mean, deviation]))
    return torch.stack(codes), torch.stack(statistics)


def interprot_reconstruction(state, codes, statistics):
    mean, deviation = statistics[:, :1], statistics[:, 1:]
    return (codes @ state["w_dec"] + state["b_pre"]) * deviation + mean


@pytest.fixture
def state():
    draw = torch.Generator().manual_seed(0)
    return {
        "w_enc": torch.randn(D_MODEL, N_LATENTS, generator=draw),
        "w_dec": torch.randn(N_LATENTS, D_MODEL, generator=draw),
        "b_enc": torch.randn(N_LATENTS, generator=draw),
        "b_pre": torch.randn(D_MODEL, generator=draw),
        "stats_last_nonzero": torch.zeros(N_LATENTS, dtype=torch.int64),
    }


@pytest.fixture
def published(state, tmp_path):
    """The hub's layout: one file a layer."""
    folder = tmp_path / "InterProt-ESM2-SAEs"
    folder.mkdir()
    for layer in (4, 24):
        save_file(state, folder / f"esm2_plm12_l{layer}_sae64.safetensors")
    return folder


class TestRead:
    def test_codes_and_reconstructions_are_theirs(self, state, published, x):
        x = x - 5  # so that some residues' means are negative
        assert 0.1 < (x.mean(1) < 0).float().mean() < 0.9
        sae = load_sae(published / "esm2_plm12_l24_sae64.safetensors", k=K)
        codes, statistics = interprot_codes(state, x, K)
        features = sae.encode(x)
        assert not sae.training
        torch.testing.assert_close(features[:, :N_LATENTS], codes, atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(features[:, N_LATENTS], statistics[:, 1])
        torch.testing.assert_close(features[:, -2] - features[:, -1], statistics[:, 0])
        expected = interprot_reconstruction(state, codes, statistics)
        torch.testing.assert_close(sae(x), expected, atol=1e-3, rtol=1e-4)
        torch.testing.assert_close(
            sae.decode_sparse(sae.encode_sparse(x)), expected, atol=1e-3, rtol=1e-4
        )

    def test_a_folder_of_layers_says_where_it_comes_from(self, published):
        sae = load_sae(published, layer=24, k=K)
        assert sae.provenance.layer == 24
        assert sae.provenance.plm_id == "facebook/esm2_t33_650M_UR50D"

    def test_several_files_without_a_layer_are_named(self, published):
        with pytest.raises(CheckpointError, match="one of these files: esm2_plm12_l24_sae64"):
            load_sae(published, k=K)

    def test_the_only_file_of_another_layer_is_not_taken(self, published):
        (published / "esm2_plm12_l4_sae64.safetensors").unlink()
        with pytest.raises(CheckpointError, match=r"no SAE of layer 4: .* files: esm2_plm12_l24"):
            load_sae(published, layer=4, k=K)

    def test_the_layer_of_a_hub_repository_is_fetched(self, published, monkeypatch):
        asked = []

        def snapshot_download(repo_id, allow_patterns):
            asked.append((repo_id, allow_patterns[0]))
            return str(published)

        monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot_download)
        assert load_sae("liambai/InterProt-ESM2-SAEs", layer=4, k=K).provenance.layer == 4
        assert asked == [
            ("liambai/InterProt-ESM2-SAEs", "layer_4/*"),
            ("liambai/InterProt-ESM2-SAEs", "*_l4_*"),
        ]

    @pytest.mark.parametrize("name", ["sae_k5.pt", "esm2_plm12_l24_sae64_k5_auxk640.ckpt"])
    def test_k_in_the_name_and_pickles(self, state, tmp_path, name):
        if name.endswith(".ckpt"):  # Lightning's, which training leaves
            state = {"epoch": 3, "state_dict": {f"sae_model.{key}": state[key] for key in state}}
        torch.save(state, tmp_path / name)
        assert load_sae(tmp_path / name).config.k == 5

    def test_is_said_not_to_be_scaled_and_what_the_last_features_are(self, published, caplog):
        with caplog.at_level(logging.INFO):
            load_sae(published, layer=4, k=K)
        assert "not scaled to [0, 1]" in caplog.text
        assert "features 0 to 63 are InterProt's, the last 3 a residue's" in caplog.text

    def test_calibrated_saved_and_loaded_it_has_the_same_codes(self, published, x, tmp_path):
        sae = load_sae(published, layer=4, k=K)
        active, before = sae.encode(x) > 0, sae(x)
        sae.calibrate([x])
        save_sae(sae, tmp_path / "ours")
        again = load_sae(tmp_path / "ours")
        assert torch.equal(again.encode(x), sae.encode(x))
        assert torch.equal(again.encode(x) > 0, active)
        torch.testing.assert_close(again(x), before, atol=1e-3, rtol=1e-4)


class TestRefused:
    def test_k_is_not_guessed(self, published):
        """Its class has a default of 128, its published SAEs were trained with 64."""
        with pytest.raises(CheckpointError, match=r"InterProt, .* --params evaluated_k=64"):
            load_sae(published, layer=24)

    @pytest.mark.parametrize("k", [0, 65, -1])
    def test_k_that_cannot_be(self, published, k):
        with pytest.raises(CheckpointError, match="features, so not k = "):
            load_sae(published, layer=24, k=k)

    @pytest.mark.parametrize(
        ("key", "change", "told"),
        [
            ("w_dec", lambda t: t.T.contiguous(), r"'w_dec' has shape \(12, 64\)"),
            ("w_enc", lambda t: t[0].clone(), r"'w_enc' has shape \(64,\), which is no matrix"),
            ("b_pre", lambda t: t[1:].clone(), r"'b_pre' has shape \(11,\)"),
            ("b_enc", lambda t: t / 0, "'b_enc' holds values that are not finite"),
        ],
    )
    def test_what_does_not_fit_is_named(self, state, tmp_path, key, change, told):
        save_file(state | {key: change(state[key])}, tmp_path / "sae_k5.safetensors")
        with pytest.raises(CheckpointError, match=told):
            load_sae(tmp_path / "sae_k5.safetensors")

    def test_settings_leave_room_for_the_statistics(self):
        config = {"architecture": "layer_norm_topk", "d_model": 4, "d_sae": 8, "k": 6}
        with pytest.raises(ValueError, match="more than d_sae - 3 = 5"):
            make_sae(config)
