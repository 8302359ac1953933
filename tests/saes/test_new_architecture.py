import sys
from types import ModuleType
from typing import ClassVar, Literal

import pytest
import torch
from pydantic import PositiveFloat

from plmscope.saes import ARCHITECTURES, ReLUSAE, SAEConfig, load_sae, make_sae, save_sae


class SoftThresholdConfig(SAEConfig):
    architecture: Literal["soft_threshold"] = "soft_threshold"
    shift: PositiveFloat


class SoftThresholdSAE(ReLUSAE):
    Config: ClassVar[type[SAEConfig]] = SoftThresholdConfig

    def pre_activations(self, z, features=None):
        return super().pre_activations(z, features) - self.config.shift


@pytest.fixture
def _registered(monkeypatch):
    """The example of docs/saes.md: one file, one line."""
    module = ModuleType("soft_threshold")
    module.SoftThresholdSAE = SoftThresholdSAE
    monkeypatch.setitem(sys.modules, "soft_threshold", module)
    monkeypatch.setitem(ARCHITECTURES, "soft_threshold", "soft_threshold:SoftThresholdSAE")


@pytest.mark.usefixtures("_registered")
class TestAddedArchitecture:
    CONFIG: ClassVar = {"architecture": "soft_threshold", "d_model": 12, "d_sae": 64, "shift": 0.2}

    def test_needs_nothing_else(self, x, tmp_path):
        sae = make_sae(self.CONFIG)
        sae.calibrate([x])
        torch.testing.assert_close(sae.encode(x, features=[3, 1]), sae.encode(x)[:, [3, 1]])
        save_sae(sae, tmp_path / "sae")
        again = load_sae(tmp_path / "sae")
        assert isinstance(again, SoftThresholdSAE)
        assert torch.equal(again.encode(x), sae.encode(x))

    def test_its_settings_are_checked(self):
        with pytest.raises(ValueError, match="shift"):
            make_sae(self.CONFIG | {"shift": -1})
