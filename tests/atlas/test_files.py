import json
import shutil
import subprocess
import sys

import pandas as pd
import pytest

import plmscope
from plmscope.atlas import AtlasError, load_atlas, save_atlas
from plmscope.atlas.files import MANIFEST
from plmscope.disk.files import sha256_of_json


@pytest.fixture(scope="module")
def folder(small_atlas, tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved") / "atlas"
    save_atlas(small_atlas, folder)
    return folder


@pytest.fixture
def copied(folder, tmp_path):
    return shutil.copytree(folder, tmp_path / "copied")


class TestAtlas:
    def test_comes_back_as_it_was(self, folder, small_atlas):
        found = load_atlas(folder)
        assert found.identity == small_atlas.identity
        for name in ("features", "precision", "proteins", "profiles", "examples"):
            ours, theirs = getattr(small_atlas, name), getattr(found, name)
            columns = [c for c in ours if c not in ("histogram", "peaks")]
            pd.testing.assert_frame_equal(ours[columns], theirs[columns], check_dtype=False)

    def test_same_atlas_same_bytes(self, folder, small_atlas, tmp_path):
        save_atlas(small_atlas, tmp_path / "again")
        assert (tmp_path / "again" / MANIFEST).read_bytes() == (folder / MANIFEST).read_bytes()

    def test_names_what_it_is_made_of(self, folder):
        card = (folder / "README.md").read_text()
        assert "license: cc-by-4.0" in card
        assert "Made up" in card
        columns = pd.read_csv(folder / "columns.csv")
        assert columns["column"].tolist() == list(pd.read_csv(folder / "features.csv"))

    @pytest.mark.parametrize(
        "name", ["features.parquet", "sae/sae.safetensors", "README.md", "profiles.parquet"]
    )
    def test_any_damage_is_named(self, copied, name):
        path = copied / name
        path.write_bytes(path.read_bytes()[:-1] + b"?")
        with pytest.raises(AtlasError, match=f"{name} is damaged"):
            load_atlas(copied)

    def test_a_missing_file_is_named(self, copied):
        (copied / "examples.parquet").unlink()
        with pytest.raises(AtlasError, match=r"examples\.parquet is missing"):
            load_atlas(copied)

    def test_of_another_format_version_is_refused(self, copied):
        content = json.loads((copied / MANIFEST).read_text()) | {"format_version": 99}
        del content["sha256"]
        (copied / MANIFEST).write_text(json.dumps(content | {"sha256": sha256_of_json(content)}))
        with pytest.raises(AtlasError, match="format version 99, this version of PLMscope reads 1"):
            load_atlas(copied)

    def test_with_the_sae_of_another_is_refused(self, copied, small_atlas):
        from plmscope.saes import make_sae, save_sae

        config = {"architecture": "topk", "d_model": small_atlas.sae.d_model, "d_sae": 24, "k": 4}
        save_sae(make_sae(config, seed=5), copied / "sae")
        content = json.loads((copied / MANIFEST).read_text())
        from plmscope.atlas.files import _hashes

        (copied / MANIFEST).rename(copied.parent / "kept")
        content["files"] = _hashes(copied)
        del content["sha256"]
        (copied / MANIFEST).write_text(json.dumps(content | {"sha256": sha256_of_json(content)}))
        with pytest.raises(AtlasError, match="is not the SAE of this atlas"):
            load_atlas(copied)

    def test_a_folder_without_one_is_refused(self, tmp_path):
        with pytest.raises(AtlasError, match=r"is no atlas: there is no atlas\.json"):
            load_atlas(tmp_path)

    def test_a_path_that_is_not_there_is_refused(self, tmp_path):
        with pytest.raises(AtlasError, match="no such folder"):
            load_atlas(tmp_path / "nowhere")


class TestHub:
    def test_is_read_from_the_hubs_layout(self, folder, tmp_path, monkeypatch):
        """As huggingface_hub lays a repository out in its cache."""
        commit = "a" * 40
        snapshot = tmp_path / "models--lab--atlas" / "snapshots" / commit
        shutil.copytree(folder, snapshot)
        (tmp_path / "models--lab--atlas" / "refs").mkdir()
        (tmp_path / "models--lab--atlas" / "refs" / "main").write_text(commit)
        for name in ("huggingface_hub.constants.HF_HUB_CACHE",):
            monkeypatch.setattr(name, str(tmp_path))
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
        import huggingface_hub

        real = huggingface_hub.snapshot_download
        monkeypatch.setattr(
            "huggingface_hub.snapshot_download", lambda repo: real(repo, cache_dir=str(tmp_path))
        )
        one = huggingface_hub.hf_hub_download
        monkeypatch.setattr(
            "huggingface_hub.hf_hub_download",
            lambda repo, name: one(repo, name, cache_dir=str(tmp_path)),
        )
        assert load_atlas("lab/atlas").identity.layer == 2
        assert len(plmscope.load_feature_table("lab/atlas")) == 24

    def test_push_uploads_a_sound_atlas_alone(self, folder, copied, monkeypatch):
        calls = []

        class Api:
            def create_repo(self, repo_id, exist_ok):
                calls.append(("create", repo_id, exist_ok))

            def upload_folder(self, repo_id, folder_path):
                calls.append(("upload", repo_id, folder_path))

        monkeypatch.setattr("huggingface_hub.HfApi", Api)
        plmscope.push_atlas(folder, "lab/atlas")
        assert calls == [("create", "lab/atlas", True), ("upload", "lab/atlas", folder)]
        (copied / "README.md").write_text("changed")
        with pytest.raises(AtlasError, match=r"README\.md is damaged"):
            plmscope.push_atlas(copied, "lab/atlas")
        assert len(calls) == 2


class TestFeatureTable:
    def test_reading_it_needs_no_torch(self, folder):
        code = (
            "import sys, plmscope\n"
            f"table = plmscope.load_feature_table({str(folder)!r})\n"
            "assert 'torch' not in sys.modules and 'transformers' not in sys.modules\n"
            "print(len(table), table.attrs['columns']['name'][:20])"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], check=True, capture_output=True, text=True
        )
        assert done.stdout.split()[0] == "24"

    def test_with_another_sae_is_refused(self, folder, small_atlas):
        from plmscope.saes import make_sae

        assert len(plmscope.load_feature_table(folder, small_atlas.sae)) == 24
        with pytest.raises(plmscope.atlas.FeatureTableMismatch, match="is about the SAE"):
            plmscope.load_feature_table(folder, make_sae(small_atlas.sae.config, seed=9))

    def test_another_table_is_refused(self, tmp_path):
        pd.DataFrame({"feature": [1]}).to_parquet(tmp_path / "x.parquet")
        with pytest.raises(AtlasError, match="is no feature table"):
            plmscope.load_feature_table(tmp_path / "x.parquet")

    def test_says_what_each_column_is(self, small_atlas):
        table = small_atlas.features
        assert list(table) == list(plmscope.atlas.FEATURE_COLUMNS)
        named = table.set_index("feature").loc[3]
        assert (named["name"], named["concept"]) == ("Domain: SH3", "Domain: SH3")
        assert named["n_held_out_calls"] > 0
        assert named["held_out_precision_low"] <= named["held_out_precision"]
        assert table.set_index("feature").loc[7, "name"] == ""
