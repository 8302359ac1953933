"""Stores at a URL, against moto's S3 on loopback."""

import os
import signal
import subprocess
import sys

import numpy as np
import pytest
import torch

from plmscope.activations import ActivationStore, ActivationStoreError, write_store
from plmscope.disk.cache import FileCache
from plmscope.disk.object_storage import entries
from plmscope.disk.places import ObjectStorageError, is_remote

SECOND = "shard-00001.safetensors"
N_SHARDS = 3


@pytest.fixture
def cache(tmp_path):
    return FileCache(tmp_path / "cache", 1)


@pytest.fixture
def folder(s3, job):
    """A finished store."""
    return write_store(s3 / "stores", job)[2]


def read_all(store):
    return torch.cat([block.x for block in store.blocks(8)])


def flip_a_bit(path):
    content = bytearray(path.read_bytes())
    content[-3] ^= 4
    path.write_bytes(bytes(content))


class TestWriting:
    def test_holds_the_bytes_of_a_local_store(self, folder, job, tmp_path):
        local = write_store(tmp_path, job)[2]
        files = {path.name for path in local.iterdir() if not path.name.startswith(".lock")}
        receipts = {f"{name}.json" for name in files if name.startswith("shard-")}
        assert set(entries(folder)) == files | receipts
        assert len(receipts) == N_SHARDS
        for name in files:
            assert (folder / name).read_bytes() == (local / name).read_bytes(), name
        current = "current.json"
        assert (folder.parent / current).read_bytes() == (local.parent / current).read_bytes()

    def test_finished_store_is_neither_computed_nor_fetched(
        self, folder, job, counted, monkeypatch
    ):
        job, calls = counted(job)
        monkeypatch.setattr("plmscope.activations.writing.writer.local_copy", None)
        assert write_store(folder.parent.parent, job) == {2: folder}
        assert calls == []

    @pytest.mark.parametrize("harm", [flip_a_bit, lambda path: path.write_bytes(b"torn"), None])
    def test_damaged_or_lost_shard_alone_is_made_again(self, folder, job, counted, caplog, harm):
        sound = (folder / SECOND).read_bytes()
        harm(folder / SECOND) if harm else (folder / SECOND).unlink()
        job, calls = counted(job)
        write_store(folder.parent.parent, job)
        assert calls == [job.shards[1]]
        assert (folder / SECOND).read_bytes() == sound
        assert harm is None or str(folder / SECOND) in caplog.text

    def test_shard_without_its_receipt_is_fetched_not_computed(self, folder, job, counted):
        (folder / f"{SECOND}.json").unlink()
        job, calls = counted(job)
        write_store(folder.parent.parent, job)
        assert calls == []
        assert f"{SECOND}.json" in entries(folder)

    def test_put_that_fails_leaves_no_store_and_no_half_object(self, s3, job, cache, monkeypatch):
        put = s3.fs.put_file

        def fail_at_second(local, key):
            if key.endswith(SECOND):
                raise OSError("the line is dead")
            put(local, key)

        with monkeypatch.context() as patch:
            patch.setattr(s3.fs, "put_file", fail_at_second)
            with pytest.raises(
                ObjectStorageError, match=rf"{SECOND} cannot be used .*line is dead"
            ):
                write_store(s3 / "stores", job)
        folder = s3 / "stores/layer_2" / job.content_hash(2)[:12]
        assert set(entries(folder)) == {
            "shard-00000.safetensors", "shard-00000.safetensors.json"
        }  # fmt: skip
        with pytest.raises(ActivationStoreError, match="There are no activations of layer 2"):
            ActivationStore.open_current(s3 / "stores", 2)
        write_store(s3 / "stores", job)
        ActivationStore.open_current(s3 / "stores", 2, cache)

    def test_killed_between_shards_goes_on(self, s3, job, counted):
        killed = subprocess.run(
            [sys.executable, "-c", KILLED_AT_ITS_THIRD_SHARD, str(s3 / "stores")],
            env=os.environ, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        job, calls = counted(job)
        folder = write_store(s3 / "stores", job)[2]
        assert calls == list(job.shards[2:])
        assert len([name for name in entries(folder) if name.endswith("tensors")]) == N_SHARDS

    def test_two_runs_at_once_that_differ_leave_a_store_of_what_is_there(
        self, s3, job, cache, monkeypatch
    ):
        """Another machine may round differently: its shards may replace ours while we compute."""
        from dataclasses import replace

        from plmscope.activations.writing import writer

        def other(proteins, layers):
            return {layer: x + 1 for layer, x in job.compute(proteins, layers).items()}

        make_shard = writer.make_shard

        def make_and_be_replaced(folders, own, number):
            made = make_shard(folders, own, number)
            if number == 0:
                make_shard(folders, replace(job, compute=other), number)
            return made

        monkeypatch.setattr(writer, "make_shard", make_and_be_replaced)
        store = ActivationStore.open(write_store(s3 / "stores", job)[2], cache)
        store.verify()


KILLED_AT_ITS_THIRD_SHARD = """
import os, sys
import numpy as np
from dataclasses import replace
from plmscope.activations import job_from_arrays, write_store
from plmscope.disk.places import as_path

rng = np.random.default_rng(0)
arrays = {
    f"P{number:05d}": rng.normal(size=(length, 6)).astype(np.float32)
    for number, length in enumerate([3, 11, 1, 7, 20, 5, 2, 9])
}
job = job_from_arrays(arrays, plm_id="made-up", layer=2, shard_residues=16)

def compute(proteins, layers):
    if proteins == job.shards[2]:
        os.kill(os.getpid(), 9)
    return job.compute(proteins, layers)

write_store(as_path(sys.argv[1]), replace(job, compute=compute))
"""


class TestReading:
    def test_gives_the_rows_and_the_batches_of_a_local_store(self, folder, job, cache, tmp_path):
        local = ActivationStore.open(write_store(tmp_path / "local", job)[2])
        store = ActivationStore.open_current(folder.parent.parent, 2, cache)
        assert is_remote(store.folder)
        assert torch.equal(read_all(store), read_all(local))
        for budget in (1e-3, 1):
            batches = [s.batches(4, seed=1, memory_budget_gb=budget) for s in (store, local)]
            for _ in range(40):
                assert torch.equal(*map(next, batches))

    def test_what_was_fetched_is_not_fetched_again(self, folder, cache):
        rows = read_all(ActivationStore.open(folder, cache))
        store = ActivationStore.open(folder, cache)
        for record in store.manifest.shards:
            (folder / record.name).unlink()
        assert torch.equal(read_all(store), rows)

    @pytest.fixture
    def small(self, folder, tmp_path):
        """A cache that holds two of the three shards."""
        sizes = [each.n_bytes for name, each in entries(folder).items() if name.endswith("tensors")]
        return FileCache(tmp_path / "small", 2.2 * max(sizes) / 1e9)

    def test_removes_what_was_not_read_for_longest(self, folder, small):
        store = ActivationStore.open(folder, small)
        rows = read_all(store)
        assert 1 <= len(list(small.folder.glob("*/shard*"))) < N_SHARDS
        served = torch.cat([next(store.batches(29, seed=0)) for _ in range(2)])
        assert all((rows == row).all(1).any() for row in served)

    def test_what_is_in_the_cache_is_read_first(self, folder, small, monkeypatch):
        """Or the least recently read shard would always be the next one that is needed."""
        store = ActivationStore.open(folder, small)
        fetched = []
        get = store.folder.fs.get_file
        monkeypatch.setattr(
            store.folder.fs, "get_file", lambda *args: (fetched.append(args[0]), get(*args))
        )
        monkeypatch.setattr("plmscope.activations.store.cached_shards.N_FETCHES", 1)
        everything = np.array([[0, store.n_residues]])
        for _ in range(4):
            store.read_ranges(everything, torch.empty(store.n_residues, store.d_model))
        assert N_SHARDS < len(fetched) < 4 * N_SHARDS

    def test_cache_smaller_than_a_shard_is_refused(self, folder, tmp_path):
        with pytest.raises(ObjectStorageError, match=r"shard-0000\d.* raise store_cache_gb"):
            ActivationStore.open(folder, FileCache(tmp_path / "small", 1e-7))

    def test_flipped_bit_in_the_bucket_is_told(self, folder, cache):
        flip_a_bit(folder / SECOND)
        with pytest.raises(ActivationStoreError, match=rf"^{folder / SECOND} is damaged"):
            read_all(ActivationStore.open(folder, cache))

    def test_damaged_copy_is_fetched_again(self, folder, cache, forget):
        rows = read_all(ActivationStore.open(folder, cache))
        (copy,) = cache.folder.glob(f"*/{SECOND}")
        flip_a_bit(copy)
        forget()
        assert torch.equal(read_all(ActivationStore.open(folder, cache)), rows)

    def test_lost_shard_is_told_when_the_store_is_opened(self, folder, cache):
        (folder / SECOND).unlink()
        with pytest.raises(ActivationStoreError, match=rf"{SECOND} is missing"):
            ActivationStore.open(folder, cache)
