import errno
import inspect
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from plmscope.activations import (
    ActivationStore,
    ActivationStoreError,
    job_from_arrays,
    write_store,
)
from plmscope.disk.files import write_then_rename
from plmscope.disk.locks import LOCK


def zeros():
    return {f"P{number}": np.zeros((4, 2)) for number in range(5)}


KILLED_AT_THE_THIRD_SHARD = f"""
import os, signal, sys
from pathlib import Path
import numpy as np
from plmscope.activations import job_from_arrays, write_store

{inspect.getsource(zeros)}
write_bytes = Path.write_bytes
def killed(path, content):
    write_bytes(path, content)
    if "shard-00002" in path.name:
        os.kill(os.getpid(), signal.SIGKILL)

Path.write_bytes = killed
job = job_from_arrays(zeros(), plm_id="made-up", layer=2, shard_residues=4)
write_store(Path(sys.argv[1]), job)
"""


class TestResume:
    def test_second_run_computes_nothing(self, tmp_path, job, counted):
        job, calls = counted(job)
        folder = write_store(tmp_path, job)[2]
        assert len(calls) == len(job.shards) > 2
        calls.clear()
        assert write_store(tmp_path, job)[2] == folder
        assert calls == []

    def test_killed_run_continues(self, tmp_path, job, arrays):
        computed = []

        def killed_at_the_third(proteins, layers):
            if len(computed) == 2:
                raise KeyboardInterrupt
            computed.append(proteins)
            return job.compute(proteins, layers)

        with pytest.raises(KeyboardInterrupt):
            write_store(tmp_path, replace(job, compute=killed_at_the_third))
        with pytest.raises(ActivationStoreError):
            ActivationStore.open_current(tmp_path, 2)

        def not_again(proteins, layers):
            assert proteins not in computed
            return job.compute(proteins, layers)

        write_store(tmp_path, replace(job, compute=not_again))
        store = ActivationStore.open_current(tmp_path, 2)
        x = store.read_rows(0, torch.empty(store.n_residues, store.d_model))
        np.testing.assert_array_equal(x, np.concatenate(list(arrays.values())))
        assert [path.name for path in store.folder.glob(".*")] == [LOCK]

    def test_killed_process_continues_and_leaves_nothing(self, tmp_path):
        """A real `kill -9`, in the middle of the third shard."""
        killed = subprocess.run(
            [sys.executable, "-c", KILLED_AT_THE_THIRD_SHARD, str(tmp_path)], stderr=subprocess.PIPE
        )
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        (folder,) = (tmp_path / "layer_2").iterdir()
        assert len(list(folder.glob("shard-*"))) == 2
        assert len(list(folder.glob(".shard-*"))) == 1
        job = job_from_arrays(zeros(), plm_id="made-up", layer=2, shard_residues=4)
        write_store(tmp_path, job)
        ActivationStore.open(folder).verify()
        assert [path.name for path in folder.glob(".*")] == [LOCK]

    def test_what_a_living_process_is_writing_is_left_alone(self, tmp_path, job):
        """Regression: a run deleted the temporary files of a run beside it."""
        folder = write_store(tmp_path, job)[2]
        with write_then_rename(folder / "elsewhere") as living:
            living.write_text("half")
            dead = living.with_name(living.name.replace(f"-{os.getpid()}-", "-999999999-"))
            dead.write_text("half")
            (folder / "manifest.json").unlink()
            write_store(tmp_path, job)
            assert living.exists()
            assert not dead.exists()

    @pytest.mark.parametrize("harm", ["torn", "damaged", "lost", "another shard"])
    def test_only_a_harmed_shard_is_computed_again(self, tmp_path, job, counted, harm):
        job, calls = counted(job)
        path = write_store(tmp_path, job)[2] / "shard-00001.safetensors"
        sound = path.read_bytes()
        calls.clear()
        if harm == "lost":
            path.unlink()
        elif harm == "another shard":
            path.write_bytes(path.with_name("shard-00000.safetensors").read_bytes())
        else:
            path.write_bytes(sound[:-1] + (b"" if harm == "torn" else bytes([sound[-1] ^ 1])))
        write_store(tmp_path, job)
        assert calls == [job.shards[1]]
        assert path.read_bytes() == sound

    def test_new_layer_computes_only_itself(self, tmp_path, job):
        asked = []

        def compute(proteins, layers):
            asked.extend(layers)
            return {layer: job.compute(proteins, [2])[2] + layer for layer in layers}

        write_store(tmp_path, replace(job, compute=compute, layers=(2,)))
        asked.clear()
        folders = write_store(tmp_path, replace(job, compute=compute, layers=(1, 2)))
        assert set(asked) == {1}
        one, two = (ActivationStore.open(folders[layer]) for layer in (1, 2))
        torch.testing.assert_close(one.protein("P00001") + 1, two.protein("P00001"))

    def test_shard_in_the_place_of_another_is_computed_again(self, tmp_path, counted):
        """It has as many rows, and a killed run has left no manifest to ask."""
        arrays = {f"P{number}": np.full((4, 2), number) for number in range(3)}
        job, calls = counted(job_from_arrays(arrays, plm_id="m", layer=0, shard_residues=4))
        folder = write_store(tmp_path, job)[0]
        (folder / "manifest.json").unlink()
        shards = [folder / f"shard-0000{number}.safetensors" for number in range(3)]
        shards[2].write_bytes(shards[1].read_bytes())
        calls.clear()
        write_store(tmp_path, job)
        assert calls == [job.shards[2]]
        assert ActivationStore.open(folder).protein("P2").unique().tolist() == [2]

    def test_shard_of_another_store_is_not_taken_over(self, tmp_path, job, arrays, counted):
        """It fits in all but its values, which the manifest's checksum tells."""
        others = {accession: values + 1 for accession, values in arrays.items()}
        other_job = job_from_arrays(others, plm_id="other", layer=2, shard_residues=16)
        other = write_store(tmp_path / "other", other_job)[2] / "shard-00001.safetensors"
        job, calls = counted(job)
        folder = write_store(tmp_path, job)[2]
        calls.clear()
        (folder / other.name).write_bytes(other.read_bytes())
        write_store(tmp_path, job)
        assert calls == [job.shards[1]]
        assert (
            ActivationStore.open(folder).protein("P00004").equal(torch.from_numpy(arrays["P00004"]))
        )


class TestFinishedStore:
    """On read-only media a write is an error: nothing may be written, not even a lock."""

    @pytest.fixture
    def layers(self, tmp_path, job):
        """A job of two layers and its stores."""

        def compute(proteins, layers):
            return {layer: job.compute(proteins, [2])[2] + layer for layer in layers}

        both = replace(job, compute=compute, layers=(1, 2))
        folders = write_store(tmp_path, both)
        for folder in folders.values():
            (folder / LOCK).unlink()
        return both, folders

    def test_is_left_as_it_is(self, tmp_path, layers, forget):
        job, _ = layers
        before = states(tmp_path)
        forget()
        write_store(tmp_path, job)
        assert states(tmp_path) == before

    def test_is_read_without_writing(self, tmp_path, layers):
        before = states(tmp_path)
        for layer in layers[1]:
            store = ActivationStore.open_current(tmp_path, layer)
            list(store.blocks())
            next(store.batches(4, seed=0))
            store.verify()
        assert states(tmp_path) == before

    def test_is_left_as_it_is_where_every_write_fails(self, tmp_path, layers, monkeypatch):
        job, folders = layers

        def refuse(*_, **__):
            raise OSError(errno.EROFS, "Read-only file system")

        for name in ("mkdir", "unlink", "rename", "replace", "write_text", "write_bytes", "touch"):
            monkeypatch.setattr(Path, name, refuse)
        monkeypatch.setattr(os, "open", refuse)  # of a lock
        assert write_store(tmp_path, job) == folders

    def test_beside_one_that_lacks_a_shard_is_left_as_it_is(self, tmp_path, layers):
        job, folders = layers
        before = states(folders[1])
        (folders[2] / "shard-00000.safetensors").unlink()
        write_store(tmp_path, job)
        assert states(folders[1]) == before
        ActivationStore.open(folders[2]).verify()

    def test_that_is_not_current_becomes_it_and_stays_as_it_is(self, tmp_path, layers):
        job, folders = layers
        write_store(tmp_path, replace(job, plm_revision="other"))
        before = states(folders[2])
        write_store(tmp_path, job)
        assert ActivationStore.open_current(tmp_path, 2).folder == folders[2]
        assert states(folders[2]) == before


class TestContentHash:
    @pytest.mark.parametrize(
        "change",
        [
            {"plm_id": "other"},
            {"plm_revision": "other"},
            {"token_rule": "other"},
            {"dtype": "float16"},
            {"proteins_hash": "other"},
            {"shard_residues": 17},
        ],
    )
    def test_changes_with_all_that_decides_the_content(self, job, change):
        assert replace(job, **change).content_hash(2) != job.content_hash(2)

    def test_other_values_go_to_another_folder_which_becomes_current(self, tmp_path, arrays, job):
        first = write_store(tmp_path, job)[2]
        arrays["P00001"] = arrays["P00001"] + 1
        second = write_store(tmp_path, job_from_arrays(arrays, plm_id="made-up", layer=2))[2]
        assert first != second
        assert ActivationStore.open_current(tmp_path, 2).folder == second
        assert ActivationStore.open(first).n_residues == ActivationStore.open(second).n_residues


class TestShards:
    def test_cover_all_proteins_whole(self, job):
        assert [n for proteins in job.shards for n in proteins] == list(range(len(job.accessions)))
        assert all(job.n_residues_of(proteins) >= 16 for proteins in job.shards[:-1])

    def test_rows_that_are_not_residues_are_refused(self, tmp_path, job):
        """Regression: truncated sequences shifted every later residue (docs/faults.md, fault 7)."""

        def truncates(proteins, layers):
            return {layer: x[:-1] for layer, x in job.compute(proteins, layers).items()}

        with pytest.raises(ActivationStoreError, match="one row per residue"):
            write_store(tmp_path, replace(job, compute=truncates))
        assert not list(tmp_path.rglob("*.safetensors"))

    @pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
    @pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
    def test_values_that_are_not_finite_are_refused(self, tmp_path, arrays, dtype, value):
        arrays["P00006"][1, 3] = value
        job = job_from_arrays(arrays, plm_id="made-up", layer=2, dtype=dtype, shard_residues=16)
        with pytest.raises(ActivationStoreError, match=r"P00006 at layer 2 .*plm_dtype: float32"):
            write_store(tmp_path, job)
        assert len(list(tmp_path.rglob("shard-*"))) == 2  # those before it stay
        assert not list(tmp_path.rglob("manifest.json"))

    def test_values_beyond_the_range_of_bfloat16_are_refused(self, tmp_path, arrays):
        arrays["P00001"][0, 0] = np.finfo(np.float32).max
        job = job_from_arrays(arrays, plm_id="m", layer=2, dtype="bfloat16")
        with pytest.raises(ActivationStoreError, match="P00001 at layer 2"):
            write_store(tmp_path, job)

    def test_without_the_protein_at_fault_the_store_is_made(self, tmp_path, arrays):
        arrays["P00006"][1, 3] = np.nan
        with pytest.raises(ActivationStoreError, match=r"ingestion\.exclude=P00006"):
            write_store(tmp_path, job_from_arrays(arrays, plm_id="made-up", layer=2))
        del arrays["P00006"]
        folder = write_store(tmp_path, job_from_arrays(arrays, plm_id="made-up", layer=2))[2]
        ActivationStore.open(folder).verify()


def states(root):
    """What writing, replacing, adding or removing a file below a folder would change."""
    return {
        path: (path.stat().st_ino, path.stat().st_mtime_ns, path.stat().st_size)
        for path in [root, *root.rglob("*")]
    }
