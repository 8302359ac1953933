from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from plmscope.activations import (
    ActivationStore,
    ActivationStoreError,
    job_from_arrays,
    write_store,
)
from plmscope.activations.store.file_reads import STRETCHES_AT_ONCE


class TestRoundTrip:
    @settings(max_examples=30)
    @given(
        lengths=st.lists(st.integers(1, 12), min_size=1, max_size=12),
        shard_residues=st.integers(1, 30),
        max_residues=st.integers(1, 30),
        keep=st.randoms(use_true_random=False),
    )
    def test_equals_a_dict_of_arrays(
        self, tmp_path_factory, lengths, shard_residues, max_residues, keep
    ):
        rng = np.random.default_rng(len(lengths))
        arrays = {
            f"P{number}": rng.normal(size=(length, 3)).astype(np.float32)
            for number, length in enumerate(lengths)
        }
        job = job_from_arrays(arrays, plm_id="m", layer=0, shard_residues=shard_residues)
        store = ActivationStore.open(write_store(tmp_path_factory.mktemp("store"), job)[0])
        chosen = keep.sample(list(arrays), k=keep.randint(1, len(arrays)))
        view = store.select(chosen)
        expected = {name: array for name, array in arrays.items() if name in chosen}

        assert view.accessions == list(expected)
        assert view.n_residues == sum(map(len, expected.values()))
        for name, array in expected.items():
            np.testing.assert_array_equal(view.protein(name), array)
        found = {}
        for block in view.blocks(max_residues):
            assert len(block.accessions) == 1 or len(block.x) <= max_residues
            for position, name in enumerate(block.accessions):
                found[name] = block.x[block.offsets[position] : block.offsets[position + 1]]
        assert list(found) == list(expected)
        for name, array in expected.items():
            np.testing.assert_array_equal(found[name], array)
        rows = np.concatenate(list(expected.values()))
        first = keep.randrange(len(rows))
        out = view.read_rows(first, torch.empty(len(rows) - first, 3))
        np.testing.assert_array_equal(out, rows[first:])
        bounds = sorted(keep.choices(range(len(rows) + 1), k=6))
        ranges = np.array(bounds).reshape(3, 2)[keep.sample(range(3), k=3)]
        expected_rows = np.concatenate([rows[first:last] for first, last in ranges])
        found_rows = view.read_ranges(ranges, torch.empty(expected_rows.shape))
        np.testing.assert_array_equal(found_rows, expected_rows)

    @pytest.mark.parametrize(("dtype", "most_lost"), [("bfloat16", 1e-4), ("float16", 1e-6)])
    def test_narrow_dtypes_report_what_they_lose(self, tmp_path, arrays, dtype, most_lost):
        arrays = {name: array * [1e6, 1, 1, 1, 1e-6, 1] for name, array in arrays.items()}
        job = job_from_arrays(arrays, plm_id="m", layer=0, dtype=dtype)
        store = ActivationStore.open(write_store(tmp_path, job)[0])
        x = np.concatenate(list(arrays.values()))
        with torch.inference_mode():  # as passes read, while threads fill the rows
            stored = store.read_rows(0, torch.empty(x.shape)).numpy()
        lost = np.square(x - stored).sum() / np.square(x - x.mean(0)).sum()
        assert 0 < lost < most_lost
        ranges = np.array([[len(x) - 2, len(x)], [0, 5]])
        scattered = store.read_ranges(ranges, torch.empty(7, x.shape[1]))
        np.testing.assert_array_equal(scattered, np.concatenate([stored[-2:], stored[:5]]))
        assert store.manifest.rounding_fvu == pytest.approx(lost, rel=1e-3)
        # the scale is per dimension: a value far from 1 keeps the same number of digits
        np.testing.assert_allclose(stored[:, 4], x[:, 4], rtol=1e-2, atol=1e-8)


class TestPieces:
    def test_more_of_them_than_are_read_together(self, store):
        rows = store.read_rows(0, torch.empty(store.n_residues, store.d_model))
        order = np.random.default_rng(0).integers(store.n_residues, size=3 * STRETCHES_AT_ONCE + 1)
        ranges = np.stack([order, order + 1], axis=1)
        found = store.read_ranges(ranges, torch.empty(len(order), store.d_model))
        assert torch.equal(found, rows[order])


class TestMemory:
    def test_reading_a_store_leaves_none_of_it_in_memory(self, tmp_path):
        """Regression: all of a store that was read through a mapping counted as memory."""
        arrays = {f"P{n}": np.ones((1000, 250), np.float32) for n in range(40)}
        folder = write_store(tmp_path, job_from_arrays(arrays, plm_id="m", layer=0))[0]
        before = _resident_megabytes()
        store = ActivationStore.open(folder)
        sum(float(block.x[0, 0]) for block in store.blocks(1000))
        assert _resident_megabytes() - before < 20  # of 40 MB


class TestErrors:
    def test_missing_store_names_the_command(self, tmp_path):
        with pytest.raises(ActivationStoreError, match="kedro run --pipelines embedding"):
            ActivationStore.open_current(tmp_path, 3)

    def test_incomplete_store_is_refused(self, store):
        (store.folder / "manifest.json").unlink()
        with pytest.raises(ActivationStoreError, match="no complete activation store"):
            ActivationStore.open(store.folder)

    def test_unknown_accessions_are_named(self, store):
        with pytest.raises(ActivationStoreError, match="Q99999"):
            store.protein("Q99999")
        with pytest.raises(ActivationStoreError, match="1 of the 2 proteins"):
            store.select(["P00001", "Q99999"])

    def test_torn_shard_is_refused(self, store):
        shard = store.folder / "shard-00001.safetensors"
        shard.write_bytes(shard.read_bytes()[:-10])
        with pytest.raises(ActivationStoreError, match=r"shard-00001.* torn"):
            ActivationStore.open(store.folder)

    def test_header_that_does_not_fit_is_told_in_one_line(self, store):
        path = store.folder / "shard-00001.safetensors"
        path.write_bytes(path.read_bytes().replace(b"n_residues", b"n_residuos"))
        with pytest.raises(ActivationStoreError, match=r"shard-00001.* torn") as told:
            ActivationStore.open(store.folder)
        assert "\n" not in str(told.value)

    def test_damaged_shard_fails_its_checksum(self, store):
        _flip_a_bit(store.folder / "shard-00001.safetensors")
        with pytest.raises(ActivationStoreError, match=r"shard-00001.* checksum"):
            store.verify()

    def test_verify_reads_again_what_was_found_sound(self, store):
        store.verify()
        list(store.blocks())
        _flip_a_bit(store.folder / "shard-00001.safetensors")
        with pytest.raises(ActivationStoreError, match=r"shard-00001.* checksum"):
            store.verify()

    @pytest.mark.parametrize("change", ["cut off", "removed"])
    def test_shard_changed_before_its_first_use_is_refused(self, store, change):
        """Regression: reading past the end of a mapped file ends the process: SIGBUS."""
        shard = store.folder / "shard-00001.safetensors"
        if change == "removed":
            shard.unlink()
        else:
            shard.write_bytes(shard.read_bytes()[:-10])
        with pytest.raises(ActivationStoreError, match=r"shard-00001.* was changed since"):
            store.read_rows(0, torch.empty(store.n_residues, store.d_model))

    def test_shard_cut_off_between_two_uses_is_refused(self, store):
        rows = torch.empty(store.n_residues, store.d_model)
        ranges = np.array([[0, store.n_residues]])
        store.read_ranges(ranges, rows)
        shard = store.folder / "shard-00001.safetensors"
        shard.write_bytes(shard.read_bytes()[:-10])
        with pytest.raises(ActivationStoreError, match=r"shard-00001.* ends 10 bytes too early"):
            store.read_ranges(ranges, rows)

    def test_shard_of_another_store_is_refused(self, store):
        first, second = (store.folder / f"shard-0000{n}.safetensors" for n in (0, 1))
        second.write_bytes(first.read_bytes())
        with pytest.raises(ActivationStoreError, match=r"shard-00001.* not the shard that belongs"):
            ActivationStore.open(store.folder)

    def test_rows_of_another_dtype_than_the_manifests_are_refused(self, store):
        """The same bytes, read as whole numbers."""
        path = store.folder / "shard-00001.safetensors"
        path.write_bytes(path.read_bytes().replace(b'"F32"', b'"I32"'))
        with pytest.raises(ActivationStoreError, match=r"shard-00001.*int32"):
            ActivationStore.open(store.folder)


def _flip_a_bit(path):
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def _resident_megabytes():
    with Path("/proc/self/status").open() as status:
        return next(int(line.split()[1]) / 1000 for line in status if line.startswith("VmRSS"))
