"""Small SAEs of every architecture, and activations for them."""

import pytest
import torch

from plmscope.saes import ARCHITECTURES, make_sae

D_MODEL = 12


def small_config(architecture: str) -> dict:
    """Settings that fit the small activations."""
    config = {"architecture": architecture, "d_model": D_MODEL, "d_sae": 64}
    if architecture == "identity":
        config["d_sae"] = D_MODEL
    if architecture == "pca":
        config["d_sae"] = 16
    if architecture in ("topk", "batch_topk", "matryoshka", "layer_norm_topk"):
        config["k"] = 5
    return config


def activations(n: int = 200, seed: int = 0) -> torch.Tensor:
    """Correlated activations with an offset, as a PLM has them."""
    generator = torch.Generator().manual_seed(seed)
    mixing = torch.randn(D_MODEL, D_MODEL, generator=torch.Generator().manual_seed(99))
    return torch.randn(n, D_MODEL, generator=generator) @ mixing + 5.0


def calibrated_sae(architecture: str):
    """An SAE with input normalisation, a threshold where there is one, a dead feature, scales."""
    sae = make_sae(small_config(architecture), seed=1)
    x = activations()
    sae.set_input_normalisation(x.mean(0), float(x.std()))
    with torch.no_grad():
        if hasattr(sae, "b_enc"):
            sae.b_dec.normal_(0, 0.1, generator=torch.Generator().manual_seed(2))
            sae.b_enc[3] = -100.0  # a feature that never fires
        if hasattr(sae, "threshold"):
            sae.threshold.fill_(0.4)
    sae.calibrate([x[:150], x[150:]])
    return sae.eval()


@pytest.fixture(params=list(ARCHITECTURES))
def architecture(request) -> str:
    return request.param


@pytest.fixture
def config(architecture) -> dict:
    return small_config(architecture)


@pytest.fixture
def sae(architecture):
    return calibrated_sae(architecture)


@pytest.fixture
def make_calibrated_sae():
    return calibrated_sae


@pytest.fixture
def x() -> torch.Tensor:
    return activations()
