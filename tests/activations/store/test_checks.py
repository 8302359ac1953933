"""Checks of shards: before their rows are first used, once in a process, told in one line."""

import logging
import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from plmscope.activations import (
    ActivationStore,
    ActivationStoreError,
    job_from_arrays,
    write_store,
)
from plmscope.activations.store import checks, shard
from plmscope.activations.writing import computing

SECOND = "shard-00001.safetensors"


def read_all(store):
    return store.read_rows(0, torch.empty(store.n_residues, store.d_model))


def read_in_two_ranges(store):
    ranges = np.array([[store.n_residues // 2, store.n_residues], [0, store.n_residues // 2]])
    return store.read_ranges(ranges, torch.empty(store.n_residues, store.d_model))


WAYS_OF_READING = {
    "protein": lambda store: [store.protein(accession) for accession in store.accessions],
    "blocks": lambda store: list(store.blocks(10)),
    "rows": read_all,
    "ranges": read_in_two_ranges,
    "batches": lambda store: next(store.batches(8, seed=0)),
    "a view": lambda store: read_all(store.select(store.accessions[::-1])),
}


def flip_a_bit(path):
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


@pytest.fixture
def hashed(monkeypatch):
    """The names of the shards that are hashed from now on."""
    names = []
    verify_shard = checks.verify_shard

    def noted(shard):
        names.append(shard.path.name)
        return verify_shard(shard)

    monkeypatch.setattr(checks, "verify_shard", noted)
    return names


class TestFirstUse:
    @pytest.mark.parametrize("way", WAYS_OF_READING)
    def test_damage_is_found_whatever_way_rows_are_read(self, store, way):
        """Regression: a flipped bit in a shard was used without a word."""
        flip_a_bit(store.folder / SECOND)
        store = ActivationStore.open(store.folder)
        with pytest.raises(ActivationStoreError, match=f"{SECOND} is damaged.*kedro run"):
            WAYS_OF_READING[way](store)

    def test_damage_is_found_again_by_who_reads_on(self, store):
        flip_a_bit(store.folder / SECOND)
        store = ActivationStore.open(store.folder)
        for _ in range(2):
            with pytest.raises(ActivationStoreError, match=SECOND):
                read_all(store)

    def test_rows_of_sound_shards_can_be_read_beside_a_damaged_one(self, store, arrays, hashed):
        flip_a_bit(store.folder / SECOND)
        store = ActivationStore.open(store.folder)
        np.testing.assert_array_equal(store.protein("P00000"), arrays["P00000"])
        assert hashed == ["shard-00000.safetensors"]

    def test_opening_hashes_nothing(self, store, hashed):
        ActivationStore.open(store.folder).select(["P00001"])
        assert hashed == []


class TestOnce:
    def test_a_shard_is_hashed_once_whatever_reads_it(self, store, hashed):
        for way in WAYS_OF_READING.values():
            way(store)
            way(ActivationStore.open(store.folder))
        assert sorted(hashed) == [shard.name for shard in store.manifest.shards]

    def test_threads_that_come_together_wait_for_one_check(self, store, hashed):
        rows = read_all(ActivationStore.open(store.folder))
        checks._known_to_be_sound.clear()
        hashed.clear()
        with ThreadPoolExecutor(8) as threads:
            found = list(threads.map(read_in_two_ranges, [store] * 32))
        assert sorted(hashed) == [shard.name for shard in store.manifest.shards]
        half = store.n_residues // 2
        assert all(torch.equal(each, torch.cat([rows[half:], rows[:half]])) for each in found)

    @pytest.mark.parametrize("change", ["content", "time", "file"])
    def test_a_file_that_is_no_longer_the_same_is_hashed_again(self, store, hashed, change):
        read_all(store)
        hashed.clear()
        path = store.folder / SECOND
        if change == "file":
            path.rename(path.with_name("old"))
            path.write_bytes(path.with_name("old").read_bytes())
        else:
            if change == "content":
                flip_a_bit(path)
            os.utime(path, ns=(0, 0))
        store = ActivationStore.open(store.folder)
        if change == "content":
            with pytest.raises(ActivationStoreError, match=SECOND):
                read_all(store)
        else:
            read_all(store)
        assert hashed == [SECOND]

    def test_a_run_that_finds_all_there_spares_the_next_reader_the_hashing(
        self, store, job, hashed
    ):
        write_store(store.folder.parent.parent, job)
        assert len(hashed) == len(job.shards)
        hashed.clear()
        read_all(ActivationStore.open(store.folder))
        assert hashed == []


class TestCost:
    def test_is_told_in_one_line_a_store(self, store, caplog):
        caplog.set_level(logging.INFO, logger="plmscope")
        for _ in range(3):
            list(ActivationStore.open(store.folder).blocks(1))
        (line,) = caplog.messages
        assert line.startswith(f"Checked {len(store.manifest.shards)} shards (0.00 GB) in ")

    def test_is_not_told_before_all_is_checked(self, store, caplog):
        caplog.set_level(logging.INFO, logger="plmscope")
        store.protein("P00000")
        assert caplog.messages == []
        read_all(store.select(store.accessions[1:]))
        assert len(caplog.messages) == 1


class TestNotFinite:
    @pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
    @pytest.mark.parametrize("value", [np.inf, -np.inf])
    @pytest.mark.parametrize("way", ["protein", "ranges"])
    def test_store_from_elsewhere_is_refused_naming_the_protein(
        self, tmp_path, arrays, monkeypatch, dtype, value, way
    ):
        arrays["P00003"][4, 2] = value
        store = self.store_of(tmp_path, arrays, monkeypatch, dtype)
        with pytest.raises(ActivationStoreError, match=r"shard-00000.* not finite.* P00003"):
            WAYS_OF_READING[way](store)

    def test_nan_is_refused_too(self, tmp_path, arrays, monkeypatch):
        arrays["P00007"][8, 5] = np.nan
        store = self.store_of(tmp_path, arrays, monkeypatch, "float32")
        assert store.protein("P00000").isfinite().all()
        with pytest.raises(ActivationStoreError, match=r"ingestion\.exclude=P00007"):
            store.select(["P00006"]).protein("P00006")  # of the same shard

    def test_scale_of_a_narrow_store_is_looked_at_too(self, tmp_path, arrays, monkeypatch):
        monkeypatch.setattr(
            shard,
            "_encode",
            lambda x, _: {"x": x.half(), "scale": torch.full(x.shape[1:], torch.inf)},
        )
        monkeypatch.setattr(shard, "_rounding_fvu", lambda *_: 0.0)
        store = self.store_of(tmp_path, arrays, monkeypatch, "float16")
        with pytest.raises(ActivationStoreError, match=r"shard-00000.* not finite"):
            store.protein("P00002")

    def test_verify_finds_it(self, tmp_path, arrays, monkeypatch):
        arrays["P00000"][0, 0] = np.nan
        store = self.store_of(tmp_path, arrays, monkeypatch, "float16")
        with pytest.raises(ActivationStoreError, match=r"shard-00000.* not finite.* P00000"):
            store.verify()

    def store_of(self, root, arrays, monkeypatch, dtype):
        """As a version that checked nothing would have written it."""
        with monkeypatch.context() as patch:
            patch.setattr(computing, "find_row_not_finite", lambda _: None)
            job = job_from_arrays(arrays, plm_id="made-up", layer=2, dtype=dtype, shard_residues=16)
            return ActivationStore.open(write_store(root, job)[2])
