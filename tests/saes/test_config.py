import subprocess
import sys

import pytest
from pydantic import ValidationError

from plmscope.parameters import Parameters
from plmscope.saes import AnySAEConfig, IdentityConfig, MatryoshkaConfig, PCAConfig, make_sae


class Holder(Parameters):
    sae: AnySAEConfig


class TestAnySAEConfig:
    def test_is_checked_against_its_own_architecture(self):
        with pytest.raises(ValidationError, match=r"sae\.kk|kk"):
            Holder(sae={"architecture": "topk", "d_sae": 8, "k": 2, "kk": 3})
        with pytest.raises(ValidationError, match="k"):
            Holder(sae={"architecture": "topk", "d_sae": 8})

    def test_unknown_architecture_lists_the_known(self):
        with pytest.raises(ValidationError, match="unknown SAE architecture 'gated'; known: relu,"):
            Holder(sae={"architecture": "gated", "d_sae": 8})
        with pytest.raises(ValidationError, match="needs 'architecture'"):
            Holder(sae={"d_sae": 8})

    def test_own_settings_are_written(self):
        holder = Holder(sae={"architecture": "topk", "d_sae": 8, "k": 2})
        assert Holder.model_validate_json(holder.model_dump_json()) == holder


class TestImpossibleSettings:
    def test_k_over_width(self):
        with pytest.raises(ValidationError, match="k = 9 is more than d_sae = 8"):
            make_sae({"architecture": "topk", "d_model": 4, "d_sae": 8, "k": 9})

    def test_width_of_the_baselines(self):
        with pytest.raises(ValidationError, match="must equal d_model"):
            IdentityConfig(d_model=4, d_sae=5)
        with pytest.raises(ValidationError, match="even"):
            PCAConfig(d_model=4, d_sae=5)
        with pytest.raises(ValidationError, match="more than 2"):
            PCAConfig(d_model=4, d_sae=10)

    def test_prefixes_must_rise_to_one(self):
        with pytest.raises(ValidationError, match="prefixes must rise"):
            MatryoshkaConfig(d_sae=64, k=4, prefixes=(0.5, 0.25, 1.0))
        with pytest.raises(ValidationError, match="prefixes must rise"):
            MatryoshkaConfig(d_sae=64, k=4, prefixes=(0.25, 0.5))

    def test_width_of_the_activations_is_needed_by_then(self):
        with pytest.raises(ValueError, match="d_model is not set"):
            make_sae({"architecture": "relu", "d_sae": 8})

    def test_input_scale_must_be_positive(self):
        sae = make_sae({"architecture": "relu", "d_model": 4, "d_sae": 8})
        with pytest.raises(ValueError, match="positive"):
            sae.set_input_normalisation(sae.input_mean, 0.0)


class TestImportIsLight:
    def test_package_and_settings_do_not_import_torch(self):
        code = (
            "import sys, plmscope.saes, plmscope.saes.config, plmscope.training.settings;"
            "sys.exit('torch' in sys.modules)"
        )
        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
