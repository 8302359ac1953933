import pytest
import torch

from plmscope.saes import estimate_input_statistics, log_input_statistics, make_sae


class TestEstimateInputStatistics:
    def test_equals_numpy_in_any_batches(self):
        x = torch.randn(1000, 6) * torch.arange(1.0, 7.0) + 1e4
        statistics = estimate_input_statistics([x[:1], x[1:1], x[1:700], x[700:]])
        x = x.double()
        assert statistics.n_residues == 1000
        torch.testing.assert_close(statistics.mean, x.mean(0), rtol=1e-12, atol=0)
        torch.testing.assert_close(statistics.covariance, x.T.cov(correction=0), rtol=1e-8, atol=0)
        assert statistics.gamma == pytest.approx(
            float(x.mean(0).norm() / x.std(0, correction=0).norm())
        )

    def test_normalised_activations_have_unit_mean_square(self):
        x = torch.randn(500, 6) * 3 + 40
        statistics = estimate_input_statistics([x])
        sae = make_sae({"architecture": "relu", "d_model": 6, "d_sae": 8})
        sae.set_input_normalisation(statistics.mean, statistics.scale)
        z = sae.normalise(x)
        assert float(z.square().mean()) == pytest.approx(1, rel=1e-4)
        assert float(z.mean(0).abs().max()) < 1e-4

    def test_warns_where_gamma_is_high(self, caplog):
        with caplog.at_level("INFO"):
            log_input_statistics(estimate_input_statistics([torch.randn(500, 6)]))
        assert "WARNING" not in caplog.text
        log_input_statistics(estimate_input_statistics([torch.randn(500, 6) + 9]))
        assert "without mean-centring many features would die" in caplog.text

    def test_constant_activations_have_a_usable_scale(self):
        assert estimate_input_statistics([torch.ones(5, 3)]).scale == 1.0

    def test_bad_input(self):
        with pytest.raises(ValueError, match="no activations"):
            estimate_input_statistics([])
        with pytest.raises(ValueError, match="not finite"):
            estimate_input_statistics([torch.tensor([[1.0, torch.nan]])])


class TestPCA:
    def test_all_components_reconstruct_exactly(self, x):
        sae = make_sae({"architecture": "pca", "d_model": 12, "d_sae": 24})
        sae.calibrate([x])
        torch.testing.assert_close(sae(x), x, atol=1e-3, rtol=1e-4)

    def test_few_components_are_the_best_plane(self, x):
        sae = make_sae({"architecture": "pca", "d_model": 12, "d_sae": 6})
        sae.calibrate([x])
        centred = x - x.mean(0)
        residual = torch.linalg.svdvals(centred)[3:].square().sum()
        torch.testing.assert_close((sae(x) - x).square().sum(), residual, rtol=1e-3, atol=0)

    def test_generator_is_refused(self, x):
        sae = make_sae({"architecture": "pca", "d_model": 12, "d_sae": 6})
        with pytest.raises(TypeError, match="reads the batches twice"):
            sae.calibrate(batch for batch in [x])
