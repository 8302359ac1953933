import logging

import pytest
import torch

from plmscope.datasets.sae_checkpoint import GivenSAECheckpointDataset
from plmscope.saes import (
    ARCHITECTURES,
    CheckpointError,
    load_interplm,
    load_sae,
    make_sae,
    sae_from_interplm,
    save_sae,
    to_interplm,
)

D_MODEL, D_SAE = 12, 64


def interplm_encode(state, x, architecture, k):
    """InterPLM's formulas on its own state dict (reference/interplm.md, section 1.2)."""
    if architecture == "jumprelu":
        p = x @ state["encoder.weight"].T + state["encoder.bias"]
        return torch.relu(p * (p > state["threshold"]))
    bias = state["bias"] if architecture == "relu" else state["b_dec"]
    a = torch.relu((x - bias) @ state["encoder.weight"].T + state["encoder.bias"])
    if architecture == "topk":
        values, indices = a.topk(k, dim=-1)
        return torch.zeros_like(a).scatter(1, indices, values)
    if architecture == "batch_topk":
        return a * (a > state["threshold"])
    return a


def interplm_decode(state, f, architecture):
    bias = {"relu": "bias", "jumprelu": "decoder.bias"}.get(architecture, "b_dec")
    return f @ state["decoder.weight"].T + state[bias]


@pytest.fixture(params=["relu", "topk", "batch_topk", "jumprelu"])
def architecture(request):
    return request.param


class TestStateDict:
    def test_ours_as_theirs_computes_the_same(self, sae, x, architecture):
        state = to_interplm(sae)
        f = interplm_encode(state, x, architecture, k=5)
        torch.testing.assert_close(
            f / state["activation_rescale_factor"], sae.encode(x), atol=1e-4, rtol=1e-4
        )
        torch.testing.assert_close(
            interplm_decode(state, f, architecture), sae(x), atol=1e-3, rtol=1e-4
        )

    def test_and_back(self, sae, x, architecture):
        again = sae_from_interplm(to_interplm(sae), architecture)
        assert type(again) is type(sae)
        torch.testing.assert_close(again.encode(x), sae.encode(x), atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(again(x), sae(x), atol=1e-3, rtol=1e-4)

    def test_topk_is_told_from_batch_topk_by_the_caller(self, make_calibrated_sae):
        """Fault 9: TopK and BatchTopK files look the same; guessing gave the wrong one."""
        with pytest.raises(CheckpointError, match="same keys"):
            sae_from_interplm(to_interplm(make_calibrated_sae("topk")))

    def test_zero_rescale_factor_is_a_dead_feature_not_nan(self, make_calibrated_sae, x):
        """Fault 11: dividing by a maximum of 0 gave NaN."""
        state = to_interplm(make_calibrated_sae("relu"))
        state["activation_rescale_factor"][3] = 0
        assert sae_from_interplm(state).encode(x).isfinite().all()

    def test_missing_key_is_named(self, make_calibrated_sae):
        state = to_interplm(make_calibrated_sae("relu"))
        del state["encoder.weight"]
        with pytest.raises(CheckpointError, match=r"no 'encoder.weight'"):
            sae_from_interplm(state)

    @pytest.mark.parametrize("key", ["encoder.weight", "encoder.bias", "decoder.weight", "bias"])
    def test_what_is_no_finite_number_is_refused_by_its_key(self, make_calibrated_sae, key):
        """Regression: an SAE of NaN loaded as zeros."""
        state = to_interplm(make_calibrated_sae("relu"))
        state[key].view(-1)[7] = torch.nan
        with pytest.raises(CheckpointError, match=f"1 of .* values of '{key}' are not finite"):
            sae_from_interplm(state)

    def test_all_nan_is_not_taken_for_features_that_never_fired(self, make_calibrated_sae):
        state = {
            key: torch.full_like(value, torch.nan) if value.is_floating_point() else value
            for key, value in to_interplm(make_calibrated_sae("topk")).items()
        }
        with pytest.raises(CheckpointError, match="not finite"):
            sae_from_interplm(state, "topk")

    @pytest.mark.parametrize("content", [[1, 2], torch.zeros(3), {"bias": 5}, {"bias": None}])
    def test_something_else_than_a_state_dict(self, content, tmp_path):
        torch.save(content, tmp_path / "ae_normalized.pt")
        with pytest.raises(CheckpointError, match=r"ae_normalized.pt is not a state dict"):
            load_interplm(tmp_path)

    @pytest.mark.parametrize("keys", [("k", "threshold"), ("step",), ("optimizer.mean",)])
    def test_keys_without_use_are_refused_by_name(self, make_calibrated_sae, keys):
        """Regression: a threshold beside ReLU's keys was dropped without a word."""
        state = to_interplm(make_calibrated_sae("relu"))
        state |= {key: torch.tensor(0.3) for key in keys}
        with pytest.raises(CheckpointError, match=f"relu SAE of InterPLM has no '{keys[0]}'"):
            sae_from_interplm(state)

    @pytest.mark.parametrize("key", ["decoder.weight", "encoder.bias", "b_dec"])
    def test_weights_that_do_not_fit_are_refused_by_name(self, make_calibrated_sae, key):
        state = to_interplm(make_calibrated_sae("topk"))
        wrong = state[key].T if state[key].ndim == 2 else state[key][1:]
        with pytest.raises(CheckpointError, match=f"'{key}' has shape"):
            sae_from_interplm(state | {key: wrong.contiguous()}, "topk")

    def test_an_encoder_that_is_no_matrix(self, make_calibrated_sae):
        """Regression: not enough values to unpack."""
        state = to_interplm(make_calibrated_sae("relu"))
        with pytest.raises(
            CheckpointError, match=r"'encoder.weight' has shape \(12,\), which is no"
        ):
            sae_from_interplm(state | {"encoder.weight": state["encoder.weight"][0]})

    def test_sqrt_d_normalisation_is_refused(self, make_calibrated_sae):
        state = to_interplm(make_calibrated_sae("relu"))
        state["normalize_to_sqrt_d"] = torch.tensor(True)
        with pytest.raises(CheckpointError, match="normalize_to_sqrt_d"):
            sae_from_interplm(state)

    def test_matryoshka_has_no_counterpart(self, make_calibrated_sae):
        with pytest.raises(TypeError, match="no matryoshka"):
            to_interplm(make_calibrated_sae("matryoshka"))


class TestTied:
    """ReLUSAE_Tied: the encoder does not subtract the decoder's bias (section 1.2)."""

    @pytest.mark.parametrize("name", ["ae_normalized.pt", "ae.pt", "any.pt"])
    def test_is_read_as_a_relu_sae_with_the_same_codes(self, x, tmp_path, name):
        """Regression: refused as "not a state dict of InterPLM"."""
        state = {
            "encoder.weight": torch.randn(D_SAE, D_MODEL),
            "encoder.bias": torch.randn(D_SAE),
            "decoder.weight": torch.randn(D_MODEL, D_SAE),
            "decoder.bias": torch.randn(D_MODEL),
        }
        torch.save(state, tmp_path / name)
        sae = load_sae(tmp_path / name if name == "any.pt" else tmp_path)
        assert sae.config.architecture == "relu"
        f = torch.relu(x @ state["encoder.weight"].T + state["encoder.bias"])
        torch.testing.assert_close(sae.encode(x), f, atol=1e-4, rtol=1e-4)
        expected = f @ state["decoder.weight"].T + state["decoder.bias"]
        torch.testing.assert_close(sae(x), expected, atol=1e-2, rtol=1e-4)


WITH_THRESHOLD = ("topk", "batch_topk", "jumprelu", "matryoshka")


class TestFoldSaveLoad:
    """Whoever writes and reads it in between, an SAE with a threshold keeps its codes."""

    @pytest.mark.parametrize("architecture", ["topk", "batch_topk", "jumprelu"])
    def test_interplm_and_back_and_saved_again(
        self, make_calibrated_sae, x, tmp_path, architecture
    ):
        sae = make_calibrated_sae(architecture)
        torch.save(to_interplm(sae), tmp_path / "ae_normalized.pt")
        theirs = load_sae(tmp_path, architecture=architecture)
        save_sae(theirs, tmp_path / "again")
        for loaded in (theirs, load_sae(tmp_path / "again")):
            assert torch.equal(loaded.encode(x) > 0, sae.encode(x) > 0)
            torch.testing.assert_close(loaded.encode(x), sae.encode(x), atol=1e-4, rtol=1e-4)

    def test_no_architecture_with_a_threshold_is_left_out(self, make_calibrated_sae):
        found = [name for name in ARCHITECTURES if hasattr(make_calibrated_sae(name), "threshold")]
        assert sorted(found) == sorted(WITH_THRESHOLD)

    @pytest.mark.parametrize("architecture", ["relu", "layer_norm_topk", *WITH_THRESHOLD])
    def test_calibrated_again_and_saved(self, make_calibrated_sae, x, tmp_path, architecture):
        """The threshold stays where it was: it acts on raw values, the scale only on codes."""
        sae = make_calibrated_sae(architecture)
        active, raw = sae.encode(x) > 0, sae.encode(x) * sae.feature_scale
        sae.calibrate([10 * x])
        save_sae(sae, tmp_path)
        again = load_sae(tmp_path)
        assert torch.equal(again.encode(x) > 0, active)
        torch.testing.assert_close(again.encode(x) * again.feature_scale, raw)


class TestThroughLoadSae:
    @pytest.mark.parametrize("architecture", ["topk", "batch_topk"])
    def test_the_caller_says_which_of_two_that_look_the_same(
        self, make_calibrated_sae, x, tmp_path, architecture
    ):
        """Regression: only `load_interplm` could be told, so that kedro run could not."""
        sae = make_calibrated_sae(architecture)
        torch.save(to_interplm(sae), tmp_path / "ae_normalized.pt")
        with pytest.raises(CheckpointError, match="--params evaluated_architecture=topk"):
            load_sae(tmp_path)
        again = load_sae(tmp_path, architecture=architecture)
        assert type(again) is type(sae)
        torch.testing.assert_close(again.encode(x), sae.encode(x), atol=1e-4, rtol=1e-4)
        dataset = GivenSAECheckpointDataset(
            source=str(tmp_path), parameter="sae_source", architecture=architecture
        )
        assert torch.equal(dataset.load().encode(x), again.encode(x))

    def test_a_single_file_of_another_program_is_told(self, tmp_path):
        path = tmp_path / "sae_weights.safetensors"
        path.write_bytes(b"anything")
        with pytest.raises(CheckpointError, match="safetensors is a single file: give"):
            load_sae(path)

    def test_a_folder_with_the_raw_file_alone_is_told(self, make_calibrated_sae, tmp_path):
        folder = tmp_path / "layer_3"
        folder.mkdir()
        torch.save(to_interplm(make_calibrated_sae("relu")), folder / "ae_unnormalized.pt")
        for given in (folder, tmp_path):
            with pytest.raises(CheckpointError, match=r"holds ae_unnormalized\.pt alone"):
                load_sae(given)


class TestPublishedLayout:
    @pytest.fixture
    def repository(self, x, tmp_path):
        """`layer_4` with both files, as the published folders have them."""
        sae = make_sae({"architecture": "relu", "d_model": D_MODEL, "d_sae": D_SAE})
        with torch.no_grad():
            sae.b_enc[3] = -100.0
        raw = to_interplm(sae)
        keys = ("bias", "encoder.weight", "encoder.bias", "decoder.weight")
        raw = {key: raw[key].detach() for key in keys}
        maxima = interplm_encode(raw, x, "relu", None).amax(0)
        normalised = {
            "bias": raw["bias"],
            "encoder.weight": raw["encoder.weight"] / maxima[:, None],
            "encoder.bias": raw["encoder.bias"] / maxima,
            "decoder.weight": raw["decoder.weight"] * maxima,
        }
        assert normalised["encoder.bias"].isinf().any()
        folder = tmp_path / "InterPLM-esm2-8m" / "layer_4"
        folder.mkdir(parents=True)
        torch.save(normalised, folder / "ae_normalized.pt")
        torch.save(raw, folder / "ae_unnormalized.pt")
        (folder / "config.json").write_text("{}")
        return folder.parent

    def test_normalised_is_in_zero_one_with_known_origin(self, repository, x):
        sae = load_sae(repository, layer=4)
        assert sae.provenance.layer == 4
        assert sae.provenance.plm_id == "facebook/esm2_t6_8M_UR50D"
        features = sae.encode(x)
        assert features.max() == pytest.approx(1, abs=1e-5)
        assert features.isfinite().all()

    def test_both_files_reconstruct_the_same(self, repository, x, caplog):
        with caplog.at_level(logging.WARNING):
            raw = load_interplm(repository / "layer_4" / "ae_unnormalized.pt")
        assert "not scaled to [0, 1]" in caplog.text
        torch.testing.assert_close(load_sae(repository, 4)(x), raw(x), atol=1e-4, rtol=1e-4)

    def test_calibrating_the_raw_one_gives_the_normalised_one(self, repository, x):
        raw = load_sae(repository / "layer_4" / "ae_unnormalized.pt")
        raw.calibrate([x])
        torch.testing.assert_close(
            raw.encode(x), load_sae(repository, 4).encode(x), atol=1e-5, rtol=1e-4
        )
