import logging

import pytest
import torch

from plmscope.saes import make_sae
from plmscope.training import StepSettings
from plmscope.training.step.precision import has_bfloat16_products, product_dtype

SAE = make_sae({"architecture": "relu", "d_model": 4, "d_sae": 8})


def dtype_wanted_with(precision):
    return product_dtype(SAE, StepSettings(n_steps=1, precision=precision))


class TestProductDtype:
    @pytest.mark.parametrize("unit", ["amx_bf16", "avx512_bf16", "bf16"])
    def test_is_bfloat16_where_the_hardware_has_it(self, monkeypatch, unit):
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {unit: True})
        assert dtype_wanted_with("bfloat16") == torch.bfloat16

    def test_is_never_emulated(self, monkeypatch, caplog):
        """An emulated bfloat16 product is several times slower than a float32 one."""
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx2": True})
        with caplog.at_level(logging.WARNING):
            assert dtype_wanted_with("bfloat16") == torch.float32
        assert "training.precision is float32 instead" in caplog.text

    def test_is_the_weights_own_unless_asked_for(self, monkeypatch):
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"amx_bf16": True})
        assert dtype_wanted_with("float32") == torch.float32

    def test_asks_cuda_for_its_own_units(self, monkeypatch):
        monkeypatch.setattr(
            torch.cuda, "is_bf16_supported", lambda including_emulation: including_emulation
        )
        assert not has_bfloat16_products(torch.device("cuda"))
