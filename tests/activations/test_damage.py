"""Damage to any file of a store, at any place: what is read is what was written, or an error."""

import shutil

import numpy as np
import pytest
import torch

from plmscope.activations import (
    ActivationStore,
    ActivationStoreError,
    job_from_arrays,
    write_store,
)

N_PLACES = 60
FILES = ("shard-00001.safetensors", "index.parquet", "manifest.json", "current.json")
DTYPES = ("float32", "float16")
LAYER = 2
REMEDY = "kedro run --pipelines embedding"


@pytest.fixture(scope="module", params=DTYPES)
def root(request, tmp_path_factory):
    """A small store; its shard's header is as long as its rows, so that both are hit."""
    rng = np.random.default_rng(1)
    arrays = {f"P{n}": rng.normal(size=(n + 3, 5)).astype(np.float32) for n in range(6)}
    job = job_from_arrays(
        arrays, plm_id="made-up", layer=LAYER, dtype=request.param, shard_residues=10
    )
    folder = tmp_path_factory.mktemp(request.param)
    write_store(folder, job)
    return folder, job


def path_of(root, name):
    (path,) = root.rglob(name)
    return path


def read_all(root):
    store = ActivationStore.open_current(root, LAYER)
    x = store.read_rows(0, torch.empty(store.n_residues, store.d_model))
    return store.manifest, store.accessions, x.numpy().tobytes()


def harms(content, rng):
    """The file with one bit flipped, at seeded places."""
    for place in rng.integers(len(content), size=N_PLACES):
        harmed = bytearray(content)
        harmed[place] ^= 1 << rng.integers(8)
        yield bytes(harmed)


class TestRead:
    @pytest.mark.parametrize("name", FILES)
    def test_a_flipped_bit_changes_nothing_or_is_told(self, root, forget, name):
        root, _ = root
        expected = read_all(root)
        path = path_of(root, name)
        sound = path.read_bytes()
        complaints = []
        try:
            for harmed in harms(sound, np.random.default_rng(0)):
                path.write_bytes(harmed)
                forget()
                try:
                    assert read_all(root) == expected
                except ActivationStoreError as error:
                    complaints.append(str(error))
        finally:
            path.write_bytes(sound)
        assert len(complaints) > N_PLACES / 2
        assert all(name in each and REMEDY in each for each in complaints)

    @pytest.mark.parametrize("name", FILES)
    def test_a_file_cut_off_is_told(self, root, forget, name):
        root, _ = root
        path = path_of(root, name)
        sound = path.read_bytes()
        try:
            for length in {0, 1, 7, 8, 9, len(sound) // 2, len(sound) - 1}:
                path.write_bytes(sound[:length].rstrip(b"\n}"))  # JSON without its last bracket
                forget()
                with pytest.raises(ActivationStoreError, match=name):
                    read_all(root)
        finally:
            path.write_bytes(sound)

    @pytest.mark.parametrize("name", FILES)
    def test_zeros_in_place_of_a_block_are_told(self, root, forget, name):
        """What a file system leaves of a file that was not on disk when the power went."""
        root, _ = root
        path = path_of(root, name)
        sound = path.read_bytes()
        try:
            for start in range(0, len(sound) - 1, len(sound) // 4):
                end = start + len(sound) // 4
                path.write_bytes(sound[:start] + bytes(len(sound[start:end])) + sound[end:])
                forget()
                with pytest.raises(ActivationStoreError, match=name):
                    read_all(root)
        finally:
            path.write_bytes(sound)


class TestMend:
    @pytest.mark.parametrize("name", FILES)
    def test_writing_again_makes_every_file_what_it_was(self, root, tmp_path, name):
        """Another bit each time; only a harmed shard is computed."""
        sound_root, job = root
        rng = np.random.default_rng(2)
        expected = read_all(sound_root)
        for number, harmed in enumerate(list(harms(path_of(sound_root, name).read_bytes(), rng))):
            if number % 6:
                continue
            copy = shutil.copytree(sound_root, tmp_path / f"copy_{number}")
            path_of(copy, name).write_bytes(harmed)
            write_store(copy, job)
            assert read_all(copy) == expected
            assert path_of(copy, name).read_bytes() == path_of(sound_root, name).read_bytes()
