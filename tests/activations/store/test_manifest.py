"""What a store says about itself: sealed, and refused where it is of an older version."""

import json

import pytest

from plmscope.activations import ActivationStore, ActivationStoreError, write_store
from plmscope.activations.store.manifest import current_store, point_to
from plmscope.disk.files import write_sealed_json

REMEDY = "kedro run --pipelines embedding"


def unseal(path):
    """As the first version wrote it."""
    content = json.loads(path.read_text())
    content.pop("sha256")
    content.pop("index_sha256", None)
    path.write_text(json.dumps(content, indent=2) + "\n")


class TestManifest:
    def test_one_of_the_first_version_is_refused_with_the_remedy(self, store):
        unseal(store.folder / "manifest.json")
        with pytest.raises(
            ActivationStoreError, match=rf"manifest\.json .*older version.*{REMEDY}"
        ):
            ActivationStore.open(store.folder)

    def test_sealed_one_with_other_fields_is_refused(self, store):
        write_sealed_json(store.folder / "manifest.json", {"plm_id": "made-up", "colour": "red"})
        with pytest.raises(ActivationStoreError, match=rf"manifest\.json .*version.*{REMEDY}"):
            ActivationStore.open(store.folder)

    def test_edited_one_is_refused(self, store):
        path = store.folder / "manifest.json"
        path.write_text(path.read_text().replace('"layer": 2', '"layer": 3'))
        with pytest.raises(ActivationStoreError, match=r"manifest\.json is damaged"):
            ActivationStore.open(store.folder)


class TestCurrent:
    def test_one_of_the_first_version_is_refused_with_the_remedy(self, store):
        root = store.folder.parent.parent
        unseal(root / "layer_2" / "current.json")
        with pytest.raises(ActivationStoreError, match=rf"current\.json .*older version.*{REMEDY}"):
            current_store(root, 2)

    def test_note_of_something_else_is_refused(self, store):
        path = store.folder.parent / "current.json"
        write_sealed_json(path, {"shop": "next door"})
        with pytest.raises(ActivationStoreError, match=rf"current\.json .*store.*{REMEDY}"):
            current_store(path.parent.parent, 2)

    def test_damaged_note_is_written_anew(self, store):
        path = store.folder.parent / "current.json"
        path.write_text("{")
        point_to(store.folder)
        assert current_store(path.parent.parent, 2) == store.folder


class TestStoreOfTheFirstVersion:
    def test_is_mended_without_computing_anything(self, tmp_path, store, job, counted):
        expected = (store.folder / "manifest.json").read_bytes()
        for name in ("manifest.json", "../current.json"):
            unseal(store.folder / name)
        store.index.to_parquet(store.folder / "index.parquet", index=False)
        shards = {path: path.stat() for path in store.folder.glob("shard-*")}
        job, calls = counted(job)
        assert write_store(tmp_path, job)[2] == store.folder
        assert calls == []
        assert {path: path.stat() for path in store.folder.glob("shard-*")} == shards
        assert (store.folder / "manifest.json").read_bytes() == expected
        assert ActivationStore.open_current(tmp_path, 2).accessions == store.accessions

    def test_its_damaged_shard_alone_is_computed(self, tmp_path, store, job, counted):
        unseal(store.folder / "manifest.json")
        path = store.folder / "shard-00001.safetensors"
        path.write_bytes(path.read_bytes()[:-1] + b"?")
        job, calls = counted(job)
        write_store(tmp_path, job)
        assert calls == [job.shards[1]]
