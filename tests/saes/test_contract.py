"""What holds for every architecture in the registry."""

import pytest
import torch

from plmscope.saes import SparseFeatures, make_sae, parse_sae_config


def densify(sparse, d_sae: int) -> torch.Tensor:
    dense = torch.zeros(*sparse.values.shape[:-1], d_sae, dtype=sparse.values.dtype)
    return dense.scatter_add(-1, sparse.indices, sparse.values)


class TestPathsAgree:
    """Fault 8: input normalisation was in `forward` only; three answers for one input."""

    @pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
    def test_forward_is_decode_of_encode(self, sae, x, dtype):
        sae, x = sae.to(dtype), x.to(dtype)
        torch.testing.assert_close(sae(x), sae.decode(sae.encode(x)))
        assert sae(x).dtype == sae.encode(x).dtype == dtype

    @pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
    def test_sparse_encode_is_encode(self, sae, x, dtype):
        sae, x = sae.to(dtype), x.to(dtype)
        sparse = sae.encode_sparse(x)
        assert sparse.indices.dtype == torch.int64
        torch.testing.assert_close(densify(sparse, sae.d_sae), sae.encode(x))

    def test_sparse_encode_is_encode_block_by_block(self, sae, x, monkeypatch):
        """Blocks share a memory when no gradient is wanted, and have one each when it is."""
        monkeypatch.setattr("plmscope.saes.linear.BLOCK_RESIDUES", 3)
        with torch.no_grad():
            features = sae.encode(x)
            torch.testing.assert_close(densify(sae.encode_sparse(x), sae.d_sae), features)
        x = x.clone().requires_grad_()
        (of_all,) = torch.autograd.grad(sae.encode(x).square().sum(), x)
        (of_blocks,) = torch.autograd.grad(sae.encode_sparse(x).values.square().sum(), x)
        torch.testing.assert_close(of_blocks, of_all)

    @pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
    def test_sparse_decode_is_decode(self, sae, x, dtype):
        sae, x = sae.to(dtype), x.to(dtype)
        torch.testing.assert_close(sae.decode_sparse(sae.encode_sparse(x)), sae(x))

    def test_sparse_decode_of_few_features_is_decode(self, sae):
        """Few of them are summed one by one, many in one dense product."""
        features = torch.zeros(7, sae.d_sae)
        features[range(7), [0, 3, 1, 1, 5, 2, 0]] = torch.arange(7.0)
        values, indices = features.topk(1)
        torch.testing.assert_close(
            sae.decode_sparse(SparseFeatures(indices, values)), sae.decode(features)
        )

    def test_subset_is_part_of_encode(self, sae, x):
        features = [5, 0, 3]
        torch.testing.assert_close(sae.encode(x, features=features), sae.encode(x)[:, features])
        torch.testing.assert_close(
            sae.encode(x, features=torch.tensor(features)), sae.encode(x)[:, features]
        )

    def test_normalisation_is_inside(self, sae, x):
        """Moving and stretching the input with its normalisation changes no feature."""
        features, reconstruction = sae.encode(x), sae(x)
        sae.set_input_normalisation(sae.input_mean * 3 + 7, sae.input_scale * 3)
        moved = x * 3 + 7
        torch.testing.assert_close(sae.encode(moved), features, atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(
            densify(sae.encode_sparse(moved), sae.d_sae), features, atol=1e-4, rtol=1e-4
        )
        torch.testing.assert_close(sae(moved), reconstruction * 3 + 7, atol=1e-3, rtol=1e-4)


class TestShapes:
    def test_leading_dimensions(self, sae, x):
        cube = x.reshape(4, 50, -1)
        torch.testing.assert_close(sae.encode(cube), sae.encode(x).reshape(4, 50, -1))
        torch.testing.assert_close(sae(cube), sae(x).reshape(4, 50, -1))
        sparse = sae.encode_sparse(cube)
        assert sparse.values.shape[:2] == (4, 50)
        torch.testing.assert_close(densify(sparse, sae.d_sae), sae.encode(cube))
        torch.testing.assert_close(sae.decode_sparse(sparse), sae(cube))

    def test_no_feature_fires(self, sae, x):
        nothing = sae.encode_sparse(x)._replace(
            indices=torch.zeros(200, 0, dtype=torch.int64), values=torch.zeros(200, 0)
        )
        torch.testing.assert_close(
            sae.decode_sparse(nothing), sae.decode(torch.zeros(200, sae.d_sae))
        )

    def test_one_residue(self, sae, x):
        assert sae.encode(x[0]).shape == (sae.d_sae,)
        torch.testing.assert_close(sae(x[0]), sae(x)[0])
        torch.testing.assert_close(sae.decode_sparse(sae.encode_sparse(x[0])), sae(x[0]))

    def test_empty_batch(self, sae, x):
        assert sae.encode(x[:0]).shape == (0, sae.d_sae)
        assert sae(x[:0]).shape == (0, sae.d_model)
        sparse = sae.encode_sparse(x[:0])
        assert sparse.values.shape[0] == 0
        assert sae.decode_sparse(sparse).shape == (0, sae.d_model)

    def test_other_input_dtypes_are_cast(self, sae, x):
        torch.testing.assert_close(sae.encode(x.double()), sae.encode(x))
        torch.testing.assert_close(sae.encode(x.half()), sae.encode(x.half().float()))


class TestCalibrate:
    """Faults 1 and 2: thresholds and ranges in [0, 1] met raw features."""

    def test_features_reach_exactly_one_on_train(self, sae, x):
        maxima = sae.encode(x).amax(0)
        alive = maxima > 0
        assert alive.any()
        torch.testing.assert_close(maxima[alive], torch.ones_like(maxima[alive]))

    def test_reconstruction_does_not_change(self, sae, x):
        before = sae(x)
        sae.calibrate([x] if sae.config.architecture == "pca" else [x[:20]])
        torch.testing.assert_close(sae(x), before, atol=1e-4, rtol=1e-4)

    def test_repeating_it_changes_nothing(self, sae, x):
        before = sae.feature_scale.clone()
        sae.calibrate([x])
        torch.testing.assert_close(sae.feature_scale, before)

    def test_dead_features_stay_zero_not_nan(self, sae, x):
        """Fault 11: a feature that never fires became NaN after scaling (0 / 0)."""
        if hasattr(sae, "b_enc") and sae.config.architecture != "pca":
            assert sae.feature_scale[3] == 1.0
            assert (sae.encode(x)[:, 3] == 0).all()
        sae.calibrate([torch.zeros_like(x)])
        assert sae.encode(x).isfinite().all()
        assert sae(x).isfinite().all()


class TestInferenceIsPure:
    def test_nothing_changes_and_nothing_depends_on_the_batch(self, sae, x):
        """Fault 10: encoding updated thresholds; BatchTopK made residues depend on each other."""
        sae.train()
        before = {name: value.clone() for name, value in sae.state_dict().items()}
        whole = sae.encode(x)
        torch.testing.assert_close(torch.stack([sae.encode(row) for row in x[:9]]), whole[:9])
        sae.encode_sparse(x)
        sae(x)
        for name, value in sae.state_dict().items():
            assert torch.equal(value, before[name]), name


class TestMakeSAE:
    def test_same_seed_same_bytes_and_global_state_untouched(self, config):
        state = torch.get_rng_state()
        first, again, other = make_sae(config, 3), make_sae(config, 3), make_sae(config, 4)
        assert torch.equal(torch.get_rng_state(), state)
        for name, value in first.state_dict().items():
            assert torch.equal(value, again.state_dict()[name])
        if hasattr(first, "W_enc"):
            assert not torch.equal(first.W_enc, other.W_enc)

    def test_config_survives_json(self, sae):
        config = type(sae.config).model_validate_json(sae.config.model_dump_json())
        assert config == sae.config
        assert parse_sae_config(sae.config.model_dump()) == sae.config
